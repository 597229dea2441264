// A price with buttons to raise and lower it. Everything inside lives in an open shadow root.
class PriceStepper extends HTMLElement {
  #value = 0;

  connectedCallback() {
    this.#value = Number(this.getAttribute('value') ?? 0);
    const root = this.attachShadow({ mode: 'open' });
    root.innerHTML = `
      <style>
        :host { display: inline-flex; border: 1px solid #c4ccd6; border-radius: 6px; overflow: hidden; width: 100%; }
        button { border: 0; background: #eef2f5; width: 34px; font: 600 16px system-ui, sans-serif; cursor: pointer; }
        output { flex: 1; text-align: center; padding: 8px 0; font-variant-numeric: tabular-nums; }
      </style>
      <button type="button" aria-label="Lower the price">−</button>
      <output></output>
      <button type="button" aria-label="Raise the price">+</button>`;
    const [lower, raise] = root.querySelectorAll('button');
    lower.addEventListener('click', () => this.#change(-this.#step));
    raise.addEventListener('click', () => this.#change(this.#step));
    this.#show();
  }

  get #step() { return Number(this.getAttribute('step') ?? 1); }
  get value() { return this.#value; }
  set value(amount) { this.#value = amount; this.#show(); }

  #change(by) {
    this.#value = Math.max(0, this.#value + by);
    this.#show();
    this.dispatchEvent(new Event('change', { bubbles: true }));
  }

  #show() {
    this.shadowRoot.querySelector('output').textContent = `${this.getAttribute('currency') ?? ''} ${this.#value.toFixed(2)}`;
  }
}
customElements.define('price-stepper', PriceStepper);
