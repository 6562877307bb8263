// Passkeys of members: signing in, and adding one on the account page.
"use strict";
(function () {
  const api = window.PublicKeyCredential;
  if (!api?.parseCreationOptionsFromJSON || !api.parseRequestOptionsFromJSON) return;
  for (const each of document.querySelectorAll("[data-passkeys]")) each.hidden = false;
  for (const each of document.querySelectorAll("[data-no-passkeys]")) each.hidden = true;

  async function send(path, body) {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body || {}),
    });
    const content = await answer.json().catch(() => ({}));
    if (answer.ok) return content;
    throw new Error([content.detail, content.hint].filter(Boolean).join(". ") || "No response.");
  }

  async function use() {
    const publicKey = api.parseRequestOptionsFromJSON(await send("/sign-in/passkey/options"));
    const credential = await navigator.credentials.get({ publicKey });
    location.assign((await send("/sign-in/passkey", { credential: credential.toJSON() })).to);
  }

  async function add(name) {
    const publicKey = api.parseCreationOptionsFromJSON(await send("/account/passkeys/options"));
    const credential = await navigator.credentials.create({ publicKey });
    const body = { credential: credential.toJSON(), name };
    location.assign((await send("/account/passkeys", body)).to);
  }

  const MESSAGES = {
    NotAllowedError: "No passkey was used. You can try again.",
    InvalidStateError: "This device already has one of your passkeys.",
    SecurityError: "Passkeys only work at this server’s own address.",
    NotSupportedError: "This device cannot create a passkey.",
    TypeError: "The server cannot be reached. Try again.",
  };

  async function attempt(container, button, work) {
    const message = container.querySelector("[data-message]");
    message.textContent = "";
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      message.textContent = MESSAGES[error.name] || error.message;
      button.disabled = false;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest('[data-does="use-passkey"]');
    if (button) attempt(button.parentElement, button, use);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest('[data-does="add-passkey"]');
    if (!form) return;
    event.preventDefault();
    attempt(form, form.querySelector("button"), () => add(form.elements.name.value.trim()));
  });
})();
