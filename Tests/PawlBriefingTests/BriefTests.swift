import PawlCore
import Testing

@testable import PawlBriefing

@Suite struct `A brief` {
  @Test func `tells all that was given`() throws {
    let brief = try Examples.briefing().brief()
    for text in [
      "`tiny-lm`", "`val_loss`; lower is better", "5 min", "memory at most 8 GiB", "py_compile", "`prepare.py`",
      "Make the loss go down.", "`train.py`, 19 lines", "LR = 3e-4", "at trial 7",
    ] {
      #expect(brief.stable.contains(text), "\(text)")
    }
    for text in [
      "Its mean is 3.2000; the baseline's is 3.3100",
      "warm the learning rate up; effect +0.0800 ± 0.0040, certified, +6 -1 lines",
      "trial 8 by opus: discarded; effect -0.0010 ± 0.0020, mean 3.2010 over 3 measurements", "+LR = 1e-3",
      "crashed, exited with code 1: no line matched", "RuntimeError: half", "refused, `prepare.py` is frozen",
      "WD = 0.1", "Hint 1 by ada:\n> Try a cosine schedule.", "trial 11 by gemini: tie the embeddings",
      "90 trials, 2 h, 4.50 US dollars", "Answer with one call of `propose_change`.",
    ] {
      #expect(brief.changing.contains(text), "\(text)")
    }
    #expect(brief.system.contains("propose_change"))
    #expect(!brief.system.contains("<<<<<<< SEARCH"))
    #expect(brief.estimatedTokens <= 12_000)
  }

  @Test func `tells how to answer in text where there are no tools`() throws {
    var briefing = try Examples.briefing()
    briefing.form = .text
    let brief = briefing.brief()
    #expect(brief.system.contains("<<<<<<< SEARCH"))
    #expect(!brief.system.contains("propose_change"))
    #expect(brief.changing.hasSuffix("Answer with a `Hypothesis:` line and the edits.\n"))
  }

  @Test func `keeps its first two parts to the byte, whatever was tried meanwhile`() throws {
    let first = try Examples.briefing()
    var second = first
    second.trials = []
    second.inspirations = []
    second.hints = []
    second.inFlight = []
    second.breadth = 1
    second.standing = Standing()
    second.budget.trials = 3
    second.frozenFiles.reverse()
    let (one, two) = (first.brief(), second.brief())
    #expect(one.system == two.system)
    #expect(one.stable == two.stable)
    #expect(one.changing != two.changing)
    #expect(one == first.brief())
  }

  @Test func `keeps to its budget of tokens, and what people say and the parent's files longest`() throws {
    var briefing = try Examples.briefing()
    let diff = (0..<200).map { "+line \($0) of a long change = \($0 * 7)\n" }.joined()
    briefing.trials = (20..<300).map { number in
      Examples.story(number, "idea \(number)", diff: diff, logTail: diff, distance: number % 7)
    }
    briefing.inspirations = (400..<404).map { Examples.story($0, "idea \($0)", diff: diff) }
    briefing.program = (0..<2_000).map { "Do this and that, part \($0).\n" }.joined()
    briefing.frozenFiles = (0..<5_000).map { "data/part-\($0).bin" }
    briefing.inFlight = (500..<700).map { WorkInFlight(trial: TrialID(rawValue: $0), agent: "a", hypothesis: diff) }
    briefing.steps = (0..<300).map { HeadStep(trial: TrialID(rawValue: $0), hypothesis: "step \($0)", effect: 0.1) }
    for (budget, form) in [
      (4_000, .text), (4_000, .tools), (6_000, .tools), (12_000, .text), (48_000, .tools), (200_000, .tools),
    ]
      as [(Int, Briefing.AnswerForm)]
    {
      briefing.tokenBudget = budget
      briefing.form = form
      let brief = briefing.brief()
      #expect(brief.estimatedTokens <= budget)
      #expect(brief.changing.contains("> Try a cosine schedule."))
      #expect(brief.stable.contains("LR = 3e-4"))
      #expect(brief.stable.contains(" more.\n"))
      #expect(brief.changing.contains("less telling trials are not shown") == (budget < 200_000))
      if budget > 4_000 { #expect(brief.estimatedTokens > budget / 2) }
    }
  }

  @Test func `cuts a large file to what changed lately, its beginning and an outline, and says so`() throws {
    var briefing = try Examples.briefing()
    var lines = (0..<4_000).map { "    value_\($0) = compute(\($0))" }
    for index in stride(from: 0, to: 4_000, by: 200) { lines[index] = "def part_\(index)():" }
    lines[3_111] = "    value_3111 = changed_lately()"
    briefing.files["train.py"] = lines.joined(separator: "\n") + "\n"
    briefing.steps.append(
      HeadStep(
        trial: TrialID(rawValue: 11), hypothesis: "h",
        diff: "--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-old\n+    value_3111 = changed_lately()\n"))
    let brief = briefing.brief()
    #expect(brief.stable.contains("too long to be shown whole"))
    #expect(brief.stable.contains("\n    value_3111 = changed_lately()\n"))
    #expect(brief.stable.contains("\n    value_3106 = compute(3106)\n"))
    #expect(brief.stable.contains("\ndef part_0():\n    value_1 = compute(1)\n"))
    #expect(!brief.stable.contains("value_3500 ="))
    #expect(brief.stable.contains("line 3601 is `def part_3600():`"))
    // The small file stays whole.
    #expect(brief.stable.contains("return 3.2\n"))
    #expect(brief.estimatedTokens <= briefing.tokenBudget)
  }

  @Test func `asks for something structurally different on a plateau`() throws {
    var briefing = try Examples.briefing()
    #expect(!briefing.brief().changing.contains("structurally different"))
    briefing.breadth = 0.4
    #expect(briefing.brief().changing.contains("Progress has slowed"))
    briefing.breadth = 0.9
    #expect(briefing.brief().changing.contains("structurally different"))
  }

  @Test func `says what cannot be seen in a file`() throws {
    var briefing = try Examples.briefing()
    briefing.files = ["a.py": "x = 1\r\ny = \"a\u{202e}b\u{200b}\"\r\nz"]
    let stable = briefing.brief().stable
    #expect(!stable.unicodeScalars.contains("\u{202e}"))
    #expect(stable.contains("y = \"a\\u{202E}b\\u{200B}\"\nz\n"))
    briefing.files = ["a.py": "x = 1\r\ny = 2\r\n", "b.py": "x"]
    let other = briefing.brief().stable
    #expect(other.contains("`a.py`, 2 lines, lines end with CR LF"))
    #expect(other.contains("`b.py`, 1 line, no line break at the end"))
  }

  @Test func `of the least that a study has is still whole`() throws {
    let brief = Briefing(
      study: try Examples.study(), metric: Examples.metric, files: [:], editable: [], parent: .baseline, tokenBudget: 0
    ).brief()
    #expect(brief.stable.contains("There are none yet."))
    #expect(brief.changing.contains("the unchanged baseline"))
  }

  @Test func `becomes one task file for a coding program`() throws {
    let task = try Examples.briefing().taskFile(hypothesisFile: "/tmp/h.txt")
    for text in [
      "write one line into `/tmp/h.txt`", "PAWL_HYPOTHESIS", "Change nothing else", "`model.py`, `train.py`",
      "Make the loss go down.", "RuntimeError: half", "Try a cosine schedule.",
    ] {
      #expect(task.contains(text), "\(text)")
    }
    #expect(!task.contains("LR = 3e-4\nDEPTH"))
    #expect(!task.contains("propose_change"))
    #expect(TokenEstimate.tokens(in: task) <= 12_000)
  }
}

@Suite struct `The ranking of what was tried` {
  private let ranking = StoryRanking(files: ["train.py"])

  @Test func `puts what is near, sure and fresh first`() {
    let near = Examples.story(50, "near", distance: 1)
    let far = Examples.story(51, "far", distance: nil)
    let sure = Examples.story(49, "sure", effect: -0.02, distance: 1)
    let old = Examples.story(1, "old", distance: 1)
    #expect(ranking.ranked([far, old, near, sure]).map(\.hypothesis) == ["sure", "near", "old", "far"])
  }

  @Test func `lifts the newest of a crash that came back, and lowers the older ones`() {
    func crash(_ number: Int, _ log: String) -> TrialStory {
      Examples.story(
        number, "c\(number)", end: .crashed(.exited(code: 1), remark: nil), effect: nil, logTail: log, distance: 3)
    }
    let stories = [
      crash(30, "out of memory at step 12"), crash(33, "out of memory at step 7"),
      Examples.story(34, "plain", distance: 2),
      Examples.story(1, "far and old", distance: nil),
    ]
    #expect(ranking.ranked(stories).map(\.trial.rawValue) == [33, 34, 1, 30])
  }

  @Test func `names each trial once and the same order each time`() {
    let stories = (0..<40).map { Examples.story($0, "s\($0)", distance: 1) }
    let ranked = ranking.ranked(stories + stories.reversed())
    #expect(ranked.count == 40)
    #expect(ranked == ranking.ranked(stories.reversed()))
    #expect(ranked.first?.trial.rawValue == 39)
  }

  @Test func `comes to no harm from numbers at the ends of their range`() {
    var odd = Examples.story(.max, "odd", effect: .nan)
    odd.distance = .min
    let ranked = ranking.ranked([odd, Examples.story(.min, "low", effect: .infinity), Examples.story(0, "mid")])
    #expect(ranked.count == 3)
    #expect(ranking.ranked([]).isEmpty)
  }
}
