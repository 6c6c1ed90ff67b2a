#include "proxy/page/attach_guides.h"

#include "proxy/page/html_text.h"

namespace holdfast::proxy {

namespace {

std::string details(const char* editor, const std::string& content, bool open = false) {
  return std::string("<details") + (open ? " open" : "") + "><summary>" + editor + "</summary>\n" +
         content + "</details>\n";
}

std::string toCopy(const std::string& text) {
  return "<pre class=\"copy long\">" + htmlText(text) + "</pre>\n";
}

std::string visualStudioCode(const std::string& host) {
  return "<p>In <code>.vscode/launch.json</code>, with the extension Python Debugger; "
         "<code class=\"keep\">holdfast attach --launch-json</code> writes it for you:</p>\n" +
         toCopy(R"({
    "version": "0.2.0",
    "configurations": [
        {
            "name": "Holdfast: )" +
                host + R"(",
            "type": "debugpy",
            "request": "attach",
            "connect": { "host": "127.0.0.1", "port": 5678 }
        }
    ]
})") + "<p>Then press <kbd>F5</kbd>.</p>\n";
}

std::string visualStudio() {
  return R"(<ol>
<li>Debug &gt; Attach to Process… (<kbd>Ctrl</kbd>+<kbd>Alt</kbd>+<kbd>P</kbd>)</li>
<li>Connection type: Python remote (debugpy)</li>
<li>Connection target: <code>localhost:5678</code>, then <kbd>Enter</kbd></li>
<li>Choose the one process that is listed, and Attach.</li>
</ol>
<p>Visual Studio 2022, and 2019 from 16.5. It no longer opens <code>wss://</code> addresses itself,
which is why <code>holdfast attach</code> stands between.</p>
)";
}

std::string pyCharm() {
  return R"(<ol>
<li>Run &gt; Edit Configurations… &gt; Add New Configuration &gt; Attach to DAP (from 2025.3)</li>
<li>Remote address: <code>localhost</code>, port <code>5678</code></li>
<li>Local project path: the folder of the app's sources on your machine. Remote project path: the
site's app root, which the private status view shows.</li>
<li>Run &gt; Debug.</li>
</ol>
)";
}

std::string neovim(const std::string& host) {
  return "<p>With nvim-dap:</p>\n" + toCopy(R"(local dap = require("dap")
dap.adapters.holdfast = { type = "server", host = "127.0.0.1", port = 5678 }
dap.configurations.python = dap.configurations.python or {}
table.insert(dap.configurations.python, {
  name = "Holdfast: )" + host + R"(",
  type = "holdfast",
  request = "attach",
}))") + "<p>Then <code>:lua require(\"dap\").continue()</code></p>\n";
}

}  // namespace

std::string attachGuides(const std::string& host) {
  return details("Visual Studio Code", visualStudioCode(host), true) +
         details("Visual Studio", visualStudio()) + details("PyCharm", pyCharm()) +
         details("Neovim", neovim(host));
}

}  // namespace holdfast::proxy
