// The form of a goal offers under "Leads to" only goals of the chosen project.
(() => {
  "use strict";
  const offer = () => {
    const project = document.querySelector("select[name=project]")?.value;
    const goal = document.querySelector("select[name=leads_to]");
    for (const option of goal?.options ?? []) {
      const foreign = project && option.dataset.project && option.dataset.project !== project;
      option.hidden = option.disabled = Boolean(foreign);
    }
    if (goal?.selectedOptions[0]?.disabled) goal.value = "";
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("select[name=project]")?.addEventListener("change", offer);
    offer();
  });
})();
