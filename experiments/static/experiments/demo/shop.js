// The demo shop's own script: it knows Microlift only by what docs/frontend.md promises. What people click, begin and send
// is told by the triggers that a marketer has published; the page itself only says who agreed, and what was bought.
(() => {
  "use strict";
  const microlift = (window.microlift = window.microlift || { q: [] });
  const dataLayer = (window.dataLayer = window.dataLayer || []);
  const tell = (...call) => microlift.q.push(call);
  const find = (selector) => document.querySelector(selector);
  const product = document.body.dataset;
  const money = { value: Number(product.price), currency: product.currency };
  const cart = find("#cart");

  // The answer is the shop's to keep. Until there is one the page works, shows variants, and nothing is stored or told.
  const ANSWER = "halden-consent";
  const banner = find("#consent");
  const answer = (state) => {
    tell("consent", state);
    banner.hidden = true;
  };
  const given = localStorage.getItem(ANSWER);
  if (given) answer(given);
  else banner.hidden = false;
  banner.addEventListener("click", ({ target }) => {
    if (!target.value) return;
    localStorage.setItem(ANSWER, target.value);
    answer(target.value);
  });
  find("#choose").addEventListener("click", () => (banner.hidden = false));

  const openCart = () => {
    find("#bag").classList.add("filled");
    find("#bag b").textContent = "1";
    find("#paying").hidden = false;
    find("#thanks").hidden = true;
    cart.showModal();
  };
  find("#buy").addEventListener("click", openCart);
  find("#bag").addEventListener("click", () => (find("#bag").classList.contains("filled") ? openCart() : find("#buy").focus()));
  find("#close").addEventListener("click", () => cart.close());
  cart.addEventListener("click", (event) => event.target === cart && cart.close());

  find("#checkout").addEventListener("submit", (event) => {
    event.preventDefault();
    const order = `DS-${Date.now().toString(36).toUpperCase()}${Math.random().toString(36).slice(2, 5).toUpperCase()}`;
    dataLayer.push({ event: "purchase", ecommerce: Object.assign({ transaction_id: order }, money) });
    find("#order").textContent = order;
    find("#paying").hidden = true;
    find("#thanks").hidden = false;
    find("#bag").classList.remove("filled");
    find("#bag b").textContent = "0";
    event.target.reset();
  });

  const letter = find("#newsletter");
  letter.addEventListener("submit", (event) => {
    event.preventDefault();
    letter.hidden = true;
    find("#subscribed").hidden = false;
  });

  // A JSON variant: the page asks when the form comes into view, and that is the exposure. Without an answer all fields stay.
  const quote = find("#quote");
  const shorten = ({ payload }) =>
    payload && quote.querySelectorAll("label").forEach((label) => (label.hidden = !payload.fields.includes(label.dataset.field)));
  const eyes = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    eyes.disconnect();
    tell("variant", quote.dataset.experiment, shorten);
  });
  eyes.observe(quote);
  quote.addEventListener("submit", (event) => {
    event.preventDefault();
    quote.hidden = true;
    find("#asked").hidden = false;
  });

  const line = find("#seen");
  tell("variant", line.dataset.experiment, (answer) => {
    find("#variant").textContent = answer.variant;
    line.hidden = !answer.in_experiment;
    find("#unseen").hidden = answer.in_experiment;
  });
  find("#anew").addEventListener("click", () => {
    tell("forget");
    location.reload();
  });
})();
