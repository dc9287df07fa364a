// What is not saved yet is kept on this device too, for the revision it was drawn on; logging out clears it.
export class LocalCopy {
  constructor(policy) {
    this.key = `draft:studio:${policy}`;
  }

  read(revision) {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key));
      if (kept?.revision === revision) return kept.files;
    } catch {
      /* unreadable: as if there were none */
    }
    this.forget();
    return null;
  }

  write(revision, files) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ revision, files }));
    } catch {
      /* a full or forbidden store: the draft on the server is the one that counts */
    }
  }

  forget() {
    localStorage.removeItem(this.key);
  }
}
