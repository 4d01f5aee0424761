import PawlBriefing
import PawlCore
import Testing

/// A small study to tell agents about.
enum Examples {
  static let train = """
    import model

    LR = 3e-4
    DEPTH = 8


    def schedule(step):
        if step < 100:
            return step / 100
        return 1.0


    def main():
        for step in range(1000):
            loss = model.step(LR * schedule(step))
        print("val_loss", loss)


    main()

    """

  static func study() throws -> StudyName { try #require(StudyName(rawValue: "tiny-lm")) }

  static let metric = MetricRule(name: "val_loss", pattern: "val_loss", direction: .minimize)

  static func evidence(effect: Double, deviation: Double = 0.002) -> Evidence {
    Evidence(
      effect: effect, deviation: deviation, gain: 0, loss: 0, mean: 3.2 - effect, measurements: 3, sigma: 0.003,
      head: .baseline)
  }

  static func story(
    _ number: Int, _ hypothesis: String, end: TrialStory.End = .judged(.discarded), effect: Double? = -0.001,
    diff: String? = nil, logTail: String? = nil, distance: Int? = 1
  ) -> TrialStory {
    TrialStory(
      trial: TrialID(rawValue: number), agent: "opus", hypothesis: hypothesis, end: end,
      evidence: effect.map { evidence(effect: $0) }, diff: diff, logTail: logTail, files: ["train.py"],
      distance: distance)
  }

  static func briefing() throws -> Briefing {
    Briefing(
      study: try study(), metric: metric, program: "Make the loss go down.\nKeep it short.\n",
      files: ["train.py": train, "model.py": "def step(lr):\n    return 3.2\n"],
      frozenFiles: ["prepare.py", "data.bin"],
      editable: ["*.py"], constraints: [Constraint(.memory, limit: 8)], check: "python3 -m py_compile train.py",
      parent: TrialID(rawValue: 7), standing: Standing(baseline: 3.31, parent: 3.2, sigma: 0.003),
      steps: [
        HeadStep(
          trial: TrialID(rawValue: 3), hypothesis: "warm the learning rate up", effect: 0.08, deviation: 0.004,
          isCertified: true, size: DiffStatistics(added: 6, removed: 1),
          diff: "--- a/train.py\n+++ b/train.py\n@@ -5,2 +5,3 @@\n+def schedule(step):\n+    if step < 100:\n"),
        HeadStep(
          trial: TrialID(rawValue: 7), hypothesis: "double the depth", effect: 0.03, deviation: 0.003,
          isCertified: false,
          size: DiffStatistics(added: 1, removed: 1)),
      ],
      trials: [
        story(8, "raise the rate", diff: "--- a/train.py\n+++ b/train.py\n@@ -3 +3 @@\n-LR = 3e-4\n+LR = 1e-3\n"),
        story(
          9, "use half precision", end: .crashed(.exited(code: 1), remark: "no line matched"), effect: nil,
          logTail: "Traceback (most recent call last):\nRuntimeError: half is not supported\n"),
        story(10, "edit the loader", end: .refused(reason: "`prepare.py` is frozen"), effect: nil),
      ],
      inspirations: [
        story(5, "weight decay", effect: 0.0031, diff: "--- a/train.py\n+++ b/train.py\n@@ -3 +3 @@\n-LR\n+WD = 0.1\n")
      ],
      hints: [Hint(number: 1, text: "Try a cosine schedule.", by: "ada")],
      inFlight: [WorkInFlight(trial: TrialID(rawValue: 11), agent: "gemini", hypothesis: "tie the embeddings")],
      budget: BudgetLeft(attemptSeconds: 300, trials: 90, seconds: 7200, spend: 4.5), breadth: 0, form: .tools,
      tokenBudget: 12_000)
  }

  static func reply(_ text: String, calls: [String] = [], end: AgentReply.End = .finished) -> AgentReply {
    AgentReply(
      trial: TrialID(rawValue: 12), number: 1, agent: "opus", text: text,
      calls: calls.enumerated().map { ToolCall(id: "c\($0)", name: "propose_change", arguments: $1) }, end: end)
  }
}
