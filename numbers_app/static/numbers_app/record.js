"use strict";

// The record of a purchase: its link is copied, it is printed, and on paper nothing is folded away.
const say = (words) => {
    document.getElementById("record-copied").textContent = words;
};

const copy = async (button) => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
        await navigator.clipboard.writeText(field.value); // not there on a plain http address
        say(button.dataset.copied);
    } catch {
        say(button.dataset.failed);
    }
};

document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches("[data-copy]")) copy(button);
    if (button?.matches("[data-print]")) window.print();
});

window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((fold) => {
        fold.dataset.folded = "yes";
        fold.open = true;
    });
});

window.addEventListener("afterprint", () => {
    document.querySelectorAll("details[data-folded]").forEach((fold) => {
        delete fold.dataset.folded;
        fold.open = false;
    });
});
