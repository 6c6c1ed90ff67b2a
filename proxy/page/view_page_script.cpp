#include "proxy/page/view_page_script.h"

namespace holdfast::proxy {

const std::string_view kViewPageScript = R"js(
"use strict";
const kPause = 3000;
const byId = (page) => page.getElementById("live");

async function look() {
  if (document.hidden) return;
  const answer = await fetch(location.href, {cache: "no-store"});
  const live = byId(new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (!answer.ok) return;
  if (!live) return location.reload();
  // Whoever is at the button by keyboard stays there.
  const id = document.activeElement.id;
  byId(document).replaceWith(live);
  if (id && document.getElementById(id)) document.getElementById(id).focus();
  byId(document).dataset.looks = ++looks;
}

let looks = 0;
function again() {
  setTimeout(() => look().catch(() => 0).then(again), kPause);
}
again();
)js";

}  // namespace holdfast::proxy
