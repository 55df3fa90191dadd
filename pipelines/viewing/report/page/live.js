// Clips of the viewer: each is fetched when it is first used. The address names clip and frame.

const MOST_KEPT = 200; // clips that stay in memory

class LiveClips {
  constructor(rows) {
    this.heads = { length: rows };
    this.kept = new Map();
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
      const answer = await fetch(`/clip?key=${encodeURIComponent(key)}`);
      if (!answer.ok) throw new Error(await answer.text());
      const { head, data } = await answer.json();
      return new Clip(head, await inflate(data));
    } catch (error) {
      this.problems.set(key, error.message);
      this.kept.delete(key);
      return null;
    }
  }
}

function linkedClip() {
  const named = new URLSearchParams(location.hash.slice(1));
  return { key: named.get("clip"), frame: Number(named.get("frame")) || 0 };
}

// Writes clip and frame into the address when the playing stops.
function followLinks() {
  const write = () => {
    if (!player.row || player.playing) return;
    const link = `#clip=${encodeURIComponent(player.row.key)}&frame=${player.frame}`;
    if (location.hash !== link) history.replaceState(null, "", link);
  };
  setInterval(write, 300);
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
