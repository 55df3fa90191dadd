// Clips of the viewer: each is fetched when it is first used. The address names clip and frame.

const MOST_KEPT = 200; // clips that stay in memory

class LiveClips {
  constructor(rows) {
    this.heads = { length: rows };
    this.kept = new Map();
    this.skins = new Map();
    this.problems = new Map();
  }

  has() {
    return true;
  }

  open(key) {
    if (!this.kept.has(key)) this.kept.set(key, this.fetch(key));
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MOST_KEPT) break;
      this.kept.delete(oldest);
    }
    return this.kept.get(key) ?? this.fetch(key);
  }

  // Returns a clip, or null and a problem.
  async fetch(key) {
    try {
      const { head, data, over, remarks } = await askFor("clip", { key });
      if (data === null) return { head, remarks }; // it has captions, and no picture
      const clip = new Clip(head, await inflate(data));
      clip.remarks = remarks;
      if (over) {
        clip.over = new Clip(over.head, await inflate(over.data));
        clip.over.toOriginOf(clip);
      }
      return clip;
    } catch (error) {
      this.problems.set(key, error.message);
      if (!(error instanceof Problem)) this.kept.delete(key); // the server may answer again
      return null;
    }
  }

  // Adds the posed bodies to a clip and to the one over it, once.
  bodiesOf(clip) {
    if (clip.head.has_body) clip.bodies ??= this.fetchBodies(clip);
    return clip.bodies;
  }

  async fetchBodies(clip) {
    try {
      const { bodies } = await askFor("body", { key: clip.head.key });
      const made = await Promise.all(bodies.map((packed) => packed && this.makeBody(packed)));
      [clip.body, (clip.over ?? {}).body] = made;
      clip.remarks = [...clip.remarks, ...new Set(made.map((body) => body?.note).filter(Boolean))];
    } catch (error) {
      clip.remarks = [...clip.remarks, error.message];
    }
  }

  async makeBody({ head, data }) {
    const bytes = await inflate(data);
    if (head.meshes) return new Meshes(head, bytes);
    if (!this.skins.has(head.skin)) this.skins.set(head.skin, this.fetchSkin(head.skin));
    return new PosedBody(head, bytes, await this.skins.get(head.skin));
  }

  async fetchSkin(id) {
    const { head, data } = await askFor("skin", { id });
    return new Skin(head, await inflate(data));
  }
}

async function askFor(what, query) {
  const answer = await fetch(`/${what}?${new URLSearchParams(query)}`);
  if (!answer.ok) throw new Error(await answer.text());
  const found = await answer.json();
  if (found.problem) throw new Problem(found.problem);
  return found;
}

// What the server says about a clip that cannot be shown.
class Problem extends Error {}

function linkedClip() {
  const named = new URLSearchParams(location.hash.slice(1));
  return { key: named.get("clip"), frame: Number(named.get("frame")) || 0 };
}

// Writes clip and frame into the address when they have changed and nothing plays. An address that
// a person has just entered stays until its clip is open.
function followLinks() {
  let written = null;
  setInterval(() => {
    if (!player.opened || player.playing) return;
    const link = `#clip=${encodeURIComponent(player.row.key)}&frame=${player.frame}`;
    if (link === written) return;
    written = link;
    history.replaceState(null, "", link);
  }, 300);
  addEventListener("hashchange", () => openLinked());
}

async function openLinked() {
  const { key, frame } = linkedClip();
  const place = list.rows.columns.key.indexOf(key);
  if (place < 0) return false;
  await list.openRow(place);
  player.seek(frame);
  return true;
}
