/* One view at a time, by the address after #. A view's pictures are made when it is first seen. */

const started = new Set();

function show(focus) {
  const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const view = wanted?.classList.contains("view") ? wanted : document.getElementById("races");
  for (const one of document.querySelectorAll(".view")) one.classList.toggle("shown", one === view);
  for (const link of document.querySelectorAll(".top nav a")) {
    if (link.hash === "#" + view.id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = "weft: " + view.querySelector("h1").textContent.trim().replace(/\s+/g, " ");
  if (view.classList.contains("race") && !started.has(view.id)) {
    started.add(view.id);
    startTimelines(view);
    startGraphs(view);
  }
  if (focus) {
    scrollTo(0, 0);
    document.getElementById("main").focus({ preventScroll: true });
  }
}

document.documentElement.classList.add("live");
for (const code of document.querySelectorAll(".paste code")) code.parentElement.append(copyButton(code.textContent));
startFilter();
startSorting();
startLines();
addEventListener("hashchange", () => show(true));
show(false);
