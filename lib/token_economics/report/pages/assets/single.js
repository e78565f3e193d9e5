/* The one-file edition: shows one page at a time, and hands out the files that are packed into it. */
"use strict";
(function () {
  const pages = Array.from(document.querySelectorAll(".te-page"));

  function show() {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const page = (named && named.closest(".te-page")) || pages[0];
    for (const other of pages) other.classList.toggle("te-current", other === page);
    document.title = page.dataset.title + " \u00b7 Token Economics";
    for (const link of document.querySelectorAll(".te-site a")) {
      if (link.hash.slice(1) === page.id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const menu = document.querySelector(".te-more");
    if (menu) menu.open = false;
    document.dispatchEvent(new Event("te-shown"));
    if (named && named !== page) named.scrollIntoView();
    else window.scrollTo(0, 0);
  }

  async function unpacked(text) {
    const bytes = Uint8Array.from(atob(text), function (letter) { return letter.charCodeAt(0); });
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).blob();
  }

  document.addEventListener("click", function (event) {
    const link = event.target.closest("a[data-file]");
    if (!link) return;
    event.preventDefault();
    const packed = JSON.parse(document.getElementById("te-files").textContent)[link.dataset.file];
    unpacked(packed).then(function (blob) {
      const made = document.createElement("a");
      made.href = URL.createObjectURL(blob);
      made.download = link.dataset.file.split("/").pop();
      made.click();
    });
  });

  window.addEventListener("hashchange", show);
  show();
})();
