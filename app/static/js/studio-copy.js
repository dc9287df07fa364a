// What is not saved yet is kept on this device too, for the very content it was drawn over; logging out clears it.
export class LocalCopy {
  constructor(policy) {
    this.key = `draft:studio:${policy}`;
  }

  read(stand) {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key));
      if (kept?.stand === stand) return kept.files;
    } catch {
      /* unreadable: as if there were none */
    }
    this.forget();
    return null;
  }

  write(stand, files) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ stand, files }));
    } catch {
      /* a full or forbidden store: the draft on the server is the one that counts */
    }
  }

  forget() {
    localStorage.removeItem(this.key);
  }
}
