#include "proxy/page/page_style.h"

namespace holdfast::proxy {

const std::string_view kPageStyle = R"(
:root{color-scheme:light dark;--paper:#f6f7f8;--card:#fff;--ink:#1a1f24;--quiet:#56606b;
--line:#d8dde2;--good:#1d6b3a;--wrong:#b3261e;--mark:#fdecea;--code:#eef1f3;
--mono:ui-monospace,Consolas,"Liberation Mono",monospace}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1d2125;--ink:#e6e9ec;
--quiet:#a3adb7;--line:#363d45;--good:#7fd49d;--wrong:#ff9a91;--mark:#3a2321;--code:#14171a}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0;padding:4vh 1rem 3rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:56rem;margin:auto}
h1{margin:.1rem 0 .4rem;font-size:1.7rem;line-height:1.2;text-wrap:balance}
h2{margin:0 0 .3rem;font-size:1.1rem}
p,ol,ul{margin:0 0 .5rem;max-width:44rem}
ol,ul{padding-left:1.4rem}
a{color:inherit}
.status{margin:0;font-weight:600}
.good{color:var(--good)}
.wrong{color:var(--wrong)}
.cause{font-size:1.1rem}
pre,code,kbd{font:.875rem/1.45 var(--mono);unicode-bidi:isolate}
kbd{padding:.05rem .35rem;border:1px solid var(--line);border-radius:.25rem}
pre{margin:.5rem 0;padding:.7rem 1rem;border-radius:.3rem;background:var(--code);
white-space:pre-wrap;tab-size:4}
pre code{font:inherit}
.keep{white-space:nowrap}
.long{white-space:pre;overflow-x:auto}
.blank{color:var(--wrong);font-weight:600}
.exact{border-left:.3rem solid var(--wrong);background:var(--mark);font-weight:600}
.card{max-width:none;margin:1rem 0 0;padding:.8rem 1rem;border:1px solid var(--line);border-radius:.4rem;
background:var(--card)}
.card>:last-child{margin-bottom:0}
.warning{border-left:.3rem solid var(--wrong)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1rem;margin:1rem 0 0}
dt{color:var(--quiet)}
dd{margin:0}
@media(max-width:36rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}}
details{border-top:1px solid var(--line);padding:.5rem 0}
details:last-child{padding-bottom:0}
summary{cursor:pointer;font-weight:600}
details>:nth-child(2){margin-top:.5rem}
.copied{position:relative}
.copied pre{padding-right:5.2rem}
button,input{font:inherit;padding:.35rem .9rem;border:1px solid var(--line);border-radius:.3rem;
background:var(--card);color:var(--ink)}
button{cursor:pointer}
.copied button{position:absolute;top:.35rem;right:.35rem;padding:.15rem .6rem;font-size:.875rem}
form{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end}
label{flex:1 1 18rem;font-weight:600}
input{display:block;width:100%;margin-top:.2rem;font-weight:400}
.masked{-webkit-text-security:disc}
:focus-visible{outline:3px solid var(--good);outline-offset:2px}
footer{max-width:56rem;margin:1rem auto 0;padding:0 1rem;color:var(--quiet);font-size:.875rem}
)";

}  // namespace holdfast::proxy
