// Passkeys on the listener pages; the rest of these pages works without this script.
"use strict";
(function () {
  const API = "/api/v1/listener/passkeys";
  const key = window.PublicKeyCredential;
  if (!key?.parseCreationOptionsFromJSON || !key.parseRequestOptionsFromJSON) return;
  for (const one of document.querySelectorAll("[data-passkeys]")) one.hidden = false;
  for (const one of document.querySelectorAll("[data-no-passkeys]")) one.hidden = true;

  function sentence(text) {
    return text ? text[0].toUpperCase() + text.slice(1).replace(/\.?$/, ".") : "";
  }

  async function ask(path, body) {
    const answer = await fetch(API + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: body && JSON.stringify(body),
    });
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    const next = [sentence(told.hint), told.command && `Try: ${told.command}`];
    const said = [sentence(told.detail) || "The server does not respond.", ...next];
    throw new Error(said.filter(Boolean).join(" "));
  }

  async function use() {
    const publicKey = key.parseRequestOptionsFromJSON(await ask("/sign-in/options"));
    const credential = await navigator.credentials.get({ publicKey });
    await ask("/sign-in", { credential: credential.toJSON() });
    location.assign("/listener?did=in");
  }

  async function add(name) {
    const publicKey = key.parseCreationOptionsFromJSON(await ask("/options"));
    const credential = await navigator.credentials.create({ publicKey });
    await ask("", { credential: credential.toJSON(), name });
    location.assign("/listener?did=added");
  }

  // The browser's own error messages are for programmers.
  const WORDS = {
    NotAllowedError: "No passkey was used. You can try again.",
    InvalidStateError: "This device already has one of your passkeys.",
    SecurityError: "Passkeys only work at this server’s own address.",
    NotSupportedError: "This device cannot create a passkey.",
    TypeError: "The server cannot be reached. Try again.",
  };

  async function tell(place, button, work) {
    const told = place.querySelector("[data-told]");
    told.textContent = "";
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      told.textContent = WORDS[error.name] || error.message;
      button.disabled = false;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest('[data-does="use-passkey"]');
    if (button) tell(button.parentElement, button, use);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest('[data-does="add-passkey"]');
    if (!form) return;
    event.preventDefault();
    tell(form, form.querySelector("button"), () => add(form.elements.name.value.trim()));
  });
})();
