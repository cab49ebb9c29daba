// Copy buttons beside script tags and keys.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-button]");
  if (!button) return;
  const source = button.closest("[data-copy]").querySelector("[data-copy-text]");
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = button.dataset.copied;
  } catch {
    // No clipboard on plain http: then the text is marked, ready for Ctrl-C.
    getSelection().selectAllChildren(source);
  }
});
