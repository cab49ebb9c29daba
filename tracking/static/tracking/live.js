// One visitor's events while they arrive: the page asks every second, and changes only when something did.
(() => {
  "use strict";
  const root = document.getElementById("live");
  const lost = document.getElementById("live-lost");
  let stamp = "";
  let asking = false;

  const show = (html) => {
    const open = new Set([...root.querySelectorAll("details[open]")].map((one) => one.closest("[data-id]").dataset.id));
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    for (const row of fresh.querySelectorAll("[data-id]")) {
      const details = row.querySelector("details");
      if (details) details.open = open.has(row.dataset.id);
    }
    root.replaceChildren(...fresh.childNodes);
  };

  const look = async () => {
    if (document.hidden || asking) return;
    asking = true;
    try {
      const answer = await fetch(root.dataset.fragment, { credentials: "same-origin" });
      // Logged out meanwhile: the whole page leads to the login.
      if (answer.redirected) return location.reload();
      if (answer.ok) {
        const news = await answer.json();
        if (news.stamp !== stamp) show(news.html);
        stamp = news.stamp;
      }
      lost.hidden = answer.ok;
    } catch {
      lost.hidden = false;
    } finally {
      asking = false;
    }
  };

  setInterval(look, Number(root.dataset.every));
  document.addEventListener("visibilitychange", look);
})();
