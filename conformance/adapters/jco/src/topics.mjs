// Who subscribes to what. Subscriptions are a component's, and outlast its instances.

export class Topics {
  #subscribers = new Map();

  of(component) {
    return [...(this.#subscribers.get(component) ?? [])].sort();
  }

  has(component, topic) {
    return this.#subscribers.get(component)?.has(topic) ?? false;
  }

  /** Subscribes, unless that would be more than so many topics. To subscribe again changes nothing. */
  subscribe(component, topic, most) {
    const topics = this.#subscribers.get(component) ?? new Set();
    if (!topics.has(topic) && topics.size >= most) return false;
    this.#subscribers.set(component, topics.add(topic));
    return true;
  }

  unsubscribe(component, topic) {
    return this.#subscribers.get(component)?.delete(topic) ?? false;
  }

  end(component) {
    this.#subscribers.delete(component);
  }

  /** In the order in which they were loaded. */
  subscribers(topic) {
    const all = [...this.#subscribers].filter(([, topics]) => topics.has(topic)).map(([component]) => component);
    return all.sort((a, b) => a.number - b.number);
  }
}
