// Waits for the worker's answer: asks for the page's own fragment until nothing is awaited any more.
(() => {
  "use strict";
  const root = document.getElementById("plan");
  const waiting = () => root.querySelector("[data-waiting]");

  const show = (html) => {
    root.innerHTML = html;
    // Nothing to calculate with: then the form for numbers of one's own is what is left.
    const form = document.querySelector(".ml-expect");
    if (form && root.querySelector("[data-enter]")) form.open = true;
  };

  const refresh = async () => {
    if (document.hidden || !waiting()) return;
    try {
      const answer = await fetch(root.dataset.fragment, { credentials: "same-origin" });
      // Logged out or started meanwhile: the whole page leads where it should.
      if (answer.redirected) location.reload();
      else if (answer.ok) show(await answer.text());
    } catch {
      // The server does not answer just now; the next second it may.
    }
  };

  setInterval(refresh, root.dataset.seconds * 1000);
  document.addEventListener("visibilitychange", refresh);
})();
