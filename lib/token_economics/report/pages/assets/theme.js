/* Light or dark: follows the system until a reader chooses; the choice is kept where that is allowed. */
"use strict";
(function () {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const key = "te-theme";

  function kept() {
    try { return window.localStorage.getItem(key); } catch (error) { return null; }
  }

  function keep(theme) {
    try { window.localStorage.setItem(key, theme); } catch (error) { /* a page without storage still works */ }
  }

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  }

  const chosen = kept();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  if (document.querySelector("meta[name='generator'][content$='one file']")) root.classList.add("te-single");
  window.teTheme = { isDark: isDark };

  document.addEventListener("DOMContentLoaded", function () {
    const button = document.querySelector(".te-theme");
    if (!button) return;

    function label() {
      button.textContent = isDark() ? "Light" : "Dark";
      button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
    }

    function announce() {
      label();
      document.dispatchEvent(new Event("te-theme"));
    }

    button.hidden = false;
    label();
    button.addEventListener("click", function () {
      root.dataset.theme = isDark() ? "light" : "dark";
      keep(root.dataset.theme);
      announce();
    });
    system.addEventListener("change", announce);
  });
})();
