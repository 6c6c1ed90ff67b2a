"""What Visual Studio 2022 says when it attaches, word for word (from a recorded session)."""

from support.dap_client import DapClient

INITIALIZE = {
    "clientID": "visualstudio", "clientName": "Visual Studio",
    "adapterID": "86432F39-ADFD-4C56-AA8F-AF8FCDC66039", "locale": "en-US",
    "linesStartAt1": True, "columnsStartAt1": True, "pathFormat": "path",
    "supportsVariableType": True, "supportsVariablePaging": False,
    "supportsRunInTerminalRequest": True, "supportsMemoryReferences": True}
ATTACH = {
    "host": "localhost", "port": 5678, "stopOnEntry": True,
    "promptBeforeRunningWithBuildError": False, "redirectOutput": True,
    "waitOnAbnormalExit": True, "waitOnNormalExit": True, "breakOnSystemExitZero": False,
    "debugStdLib": False, "showReturnValue": True, "subProcess": False,
    "rules": [{"path": "C:\\VS\\PTVS", "include": False}],
    "variablePresentation": {"class_": "group", "function": "group", "protected": "inline",
                             "special": "group"}}


class VisualStudio(DapClient):
    """Attaches as it does: without mappings of paths, which it has none of for remote attach."""

    def __init__(self, stream, engine):
        super().__init__(stream)
        self._system_info = ("debugpySystemInfo" if engine.name == "debugpy"
                             else "ptvsd_systemInfo")
        self.system_info = None

    def attach(self, file, lines):
        self.request("initialize", **INITIALIZE)
        attaching = self.send("attach", **ATTACH)
        self.event("initialized")
        asked = self.send(self._system_info)
        self.set_breakpoints(file, lines)
        self.response(self.send("setFunctionBreakpoints", breakpoints=[]))  # ptvsd says no
        self.request("setExceptionBreakpoints", filters=["uncaught"])
        self.request("configurationDone")
        self.result(attaching)
        self.system_info = self.result(asked)
        return self
