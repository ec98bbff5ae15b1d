// Open requests. Each leaves the table once: whoever takes it out owes the requester its one outcome.

export class Requests {
  #most;
  #last = 0;
  #open = new Map();

  constructor(most) {
    this.#most = most;
  }

  get size() {
    return this.#open.size;
  }

  /** Opens a request and gives its identifier, which is never used again; none if there may be no more. */
  open(requester, target, settle) {
    if (this.#open.size >= this.#most) return null;
    const id = `req-${++this.#last}`;
    this.#open.set(id, { id, requester, target, settle, isHeld: false, callOff: () => {} });
    return id;
  }

  /** What is open, if it passes the condition. */
  find(id, condition = () => true) {
    const found = this.#open.get(id);
    return found && condition(found) ? found : null;
  }

  /** Takes a request out. */
  close(id) {
    const found = this.#open.get(id);
    if (!found) return null;
    this.#open.delete(id);
    found.callOff();
    return found;
  }

  /** Takes out all that pass, oldest first. */
  closeAll(condition) {
    return [...this.#open.values()].filter(condition).map(({ id }) => this.close(id));
  }
}
