"""Phrases for each kind of act, with slots for words that depend on the act.

A phrase is in the third person, with slots in braces; a slot without a word is removed. A word that
can be several parts of speech is tagged with the one that applies (see `words.py`).
"""

PHRASES = {
    "walk": (
        "walks forward {fast}",
        "{quickly} walks straight ahead",
        "takes {n} {quick} {long} {steps} forward",
        "walks {n} {long} {steps} forward {fast}",
        "walks forward {fast} starting with {his} {side} foot",
        "goes forward with {n} {quick} {steps}",
    ),
    "walk bend": (
        "walks forward {fast} and turns to the {direction/NOUN} on the way",
        "{quickly} walks in a bend/NOUN to the {direction/NOUN}",
        "takes {n} {quick} {steps} in a curve to the {direction/NOUN}",
        "walks {fast} while turning {direction/ADV}",
    ),
    "walk circle": (
        "walks {fast} in a {direction} circle",
        "{quickly} walks around in a full circle",
        "takes {n} {quick} {steps} in a circle {direction/ADV}",
        "walks in a circle {direction/ADV}",
    ),
    "run": (
        "runs forward {fast}",
        "{quickly} runs straight ahead",
        "runs {n} {steps} forward {fast}",
        "takes {n} {quick} running {steps} forward",
    ),
    "run slow": (
        "jogs forward",
        "runs slowly straight ahead",
        "jogs {n} {steps} forward",
        "takes {n} jogging {steps} forward",
    ),
    "run circle": (
        "runs {fast} in a {direction} circle",
        "{quickly} runs around in a full circle",
        "runs in a circle {direction/ADV}",
    ),
    "backward": (
        "walks backward {fast}",
        "takes {n} {quick} {steps} backward",
        "steps/VERB backward {fast}",
        "{quickly} walks backwards {n} {steps}",
        "takes {n} {steps} back/ADV starting with {his} {side} foot",
    ),
    "side_step": (
        "sidesteps to the {direction/NOUN} {times} {fast}",
        "takes {n} {quick} {long} side {steps} to the {direction/NOUN}",
        "steps/VERB sideways to {his} {direction/NOUN} {times}",
        "{quickly} steps/VERB to the {direction/NOUN} {times}",
    ),
    "march place": (
        "marches in place {fast}",
        "marches on the spot with high knees {fast}",
        "takes {n} {quick} marching {steps} in place",
        "{quickly} lifts {his} knees high/ADV while marching on the spot",
    ),
    "march forward": (
        "marches forward {fast}",
        "marches {n} {steps} forward {fast}",
        "takes {n} {quick} marching {steps} forward",
        "{quickly} marches ahead with high knees",
    ),
    "turn 90": (
        "turns {fast} to the {direction/NOUN}",
        "turns {direction/ADV} on the spot {fast}",
        "{quickly} makes a quarter turn/NOUN to the {direction/NOUN}",
    ),
    "turn 180": (
        "turns around {fast}",
        "turns around to the {direction/NOUN} {fast}",
        "{quickly} makes a half turn/NOUN to the {direction/NOUN}",
    ),
    "turn 360": (
        "turns all the way around on the spot {fast}",
        "{quickly} makes a full turn/NOUN to the {direction/NOUN}",
        "spins {direction/ADV} in a full circle on the spot {fast}",
    ),
    "stand": (
        "stands still",
        "stands in place",
        "stands and shifts {his} weight from one foot to the other/NOUN",
        "stays in one place",
    ),
    "wave": (
        "waves {fast} with {hand}",
        "{quickly} waves {hand}",
        "raises {hand} and waves {fast}",
        "waves hello with {hand}",
    ),
    "clap": (
        "claps {his} hands {times} {fast}",
        "claps {times} {fast}",
        "{quickly} claps {his} hands together {times}",
        "claps {fast} in front of {his} body",
    ),
    "raise_arms up": (
        "raises {arm} up {times} {fast}",
        "raises {arm} over {his} head {times}",
        "{quickly} lifts {arm} up high/ADV {times}",
        "raises {arm} straight up and lowers {them} again {times}",
    ),
    "raise_arms side": (
        "raises {arm} to the {one_side} {times} {fast}",
        "{quickly} lifts {arm} sideways to shoulder height {times}",
        "stretches {arm} out to the {one_side} {times}",
    ),
    "raise_arms front": (
        "raises {arm} forward {times} {fast}",
        "{quickly} lifts {arm} to shoulder height in front of {his} body {times}",
        "stretches {arm} out to the front {times}",
    ),
    "punch": (
        "punches/VERB {times} with {his} {side} hand {fast}",
        "{quickly} punches/VERB forward with the {side} fist {times}",
        "throws {n} {quick} {side} {punches}",
    ),
    "punch both": (
        "punches/VERB forward {times} {fast}",
        "throws {n} {quick} {punches}",
        "{quickly} punches/VERB {times} as in boxing",
    ),
    "squat": (
        "squats/VERB down {deeply} {times} {fast}",
        "does {n} {quick} {deep} {squats}",
        "{quickly} bends {his} knees {deeply} and comes up again {times}",
        "goes down into a {deep} squat/NOUN and stands up again {times}",
    ),
    "sit": (
        "sits down {fast} and stands up again",
        "{quickly} sits down on a chair and gets up again",
        "sits down and then stands back/ADV up {fast}",
    ),
    "bow": (
        "bows/VERB {deeply} {times} {fast}",
        "{quickly} bends forward {deeply} and comes up again {times}",
        "bends {deeply} at the waist {times}",
        "makes {n} {quick} {deep} {bows}",
    ),
    "pick_up": (
        "picks something up from the floor with {hand} {fast}",
        "bends down {fast} and picks something up with {hand}",
        "{quickly} reaches down to the ground with {hand} and picks up an object",
    ),
    "kick": (
        "kicks/VERB {high/ADV} with {his} {side} foot {times} {fast}",
        "kicks/VERB forward with the {side} leg {times}",
        "{quickly} does {n} {high} {kicks} with {his} {side} leg",
        "kicks/VERB something with {his} {side} foot {times} {fast}",
    ),
    "jump up": (
        "jumps/VERB up {high/ADV} {times}",
        "jumps/VERB {high/ADV} on the spot {times}",
        "makes {n} {high} {jumps} in place",
        "jumps/VERB straight up into the air {times}",
    ),
    "jump forward": (
        "jumps/VERB forward {times}",
        "makes {n} {long} {jumps} forward",
        "leaps forward with both feet {times}",
    ),
    "sneak": (
        "sneaks forward {fast}",
        "takes {n} {quick} sneaking {steps} forward",
    ),
    "lunge": (
        "lunges/VERB forward with {his} {side} leg {times} {fast}",
        "{quickly} does {n} {lunges} with {his} {side} leg",
    ),
    "lift_knee": (
        "lifts {his} {side} knee {times} {fast}",
        "{quickly} raises {his} {side} knee high/ADV {times}",
    ),
    "side_kick": (
        "kicks/VERB sideways with {his} {side} leg {times} {fast}",
        "{quickly} swings {his} {side} leg out to the side {times}",
    ),
    "jumping_jack": (
        "does {n} jumping {jacks}",
        "jumps/VERB {times} while spreading {his} arms and legs",
    ),
    "lean": (
        "leans to the {direction/NOUN} {times} {fast}",
        "{quickly} bends sideways to the {direction/NOUN} {times}",
    ),
    "twist": (
        "twists {his} body from side to side {times} {fast}",
        "{quickly} turns {his} shoulders from side to side {times}",
    ),
    "salute": (
        "salutes/VERB with {hand}",
        "raises {hand} to {his} forehead and salutes/VERB",
    ),
    "drink": (
        "drinks from a cup with {hand}",
        "lifts a cup to {his} mouth with {hand} and drinks",
    ),
    "scratch": (
        "scratches {his} head with {hand}",
        "rubs the top/NOUN of {his} head with {hand}",
    ),
    "knock": (
        "knocks/VERB {times} with {hand} {fast}",
        "{quickly} knocks/VERB on a door {times} with {hand}",
    ),
    "throw": (
        "throws something with {hand} {fast}",
        "{quickly} throws a ball with {hand}",
    ),
    "push": (
        "pushes forward with both hands {times} {fast}",
        "{quickly} pushes something away with both hands {times}",
    ),
    "flap": (
        "flaps both arms {times} {fast}",
        "{quickly} flaps {his} arms like wings {times}",
    ),
    "circle_arms": (
        "circles/VERB {arm} {times} {fast}",
        "{quickly} swings {arm} in circles/NOUN {times}",
    ),
    "hands_on_hips": (
        "puts both hands on {his} hips",
        "places/VERB {his} hands on {his} hips",
    ),
    "cross_arms": (
        "crosses {his} arms",
        "folds {his} arms in front of {his} chest",
    ),
}
"""Phrases by kind of act, followed by its variant where the phrases depend on it."""

MEANWHILE = {
    "wave": ("waving with {hand}", "waving {hand}"),
    "clap": ("clapping {his} hands", "clapping"),
    "raise_arms": ("raising {arm}",),
}
"""Phrases for a gesture after `while`."""

PACE_ADJECTIVES = {"slow": ("slow",), "quick": ("quick", "fast")}
PACE_ADVERBS = {"slow": ("slowly",), "quick": ("quickly", "fast/ADV")}

SIZE_WORDS = {
    "long": {"small": "short", "large": "long"},
    "deep": {"small": "slight", "large": "deep"},
    "deeply": {"small": "slightly", "large": "deeply"},
    "high": {"small": "low", "large": "high"},
}
"""Words for the size of an act, by slot."""

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
           "twelve")  # fmt: skip

COUNTED = {"steps": "step/NOUN", "punches": "punch/NOUN", "squats": "squat/NOUN",
           "bows": "bow/NOUN", "kicks": "kick/NOUN", "jumps": "jump/NOUN",
           "lunges": "lunge/NOUN", "jacks": "jack/NOUN"}  # fmt: skip
"""Slots for counted nouns, with the singular of each noun."""
