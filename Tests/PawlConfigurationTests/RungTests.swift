import PawlConfiguration
import PawlCore
import Testing

@Suite struct `Parsing rungs` {
  private func rungs(_ text: String, _ more: String = "") throws -> [RungRule] {
    try parse(minimal + more + "rungs:\n" + text).rungs
  }

  private func refusal(_ text: String, _ more: String = "") -> ConfigurationError? {
    do {
      _ = try rungs(text, more)
      return nil
    } catch { return error as? ConfigurationError }
  }

  @Test func `takes everything that a rung may say, and the rest from the study`() throws {
    let text = """
        - {name: small, compute: 1e15}
        - name: large.2
          command: python3 train.py --large
          environment: [STEPS=20000, 'TAG=a=b']
          budget: {wall: 2 h}
          workers: 3
          compute: 3.2e16

      """
    let configuration = try parse(minimal + "budget: {wall: 5 min, memory: 2 GiB}\nrungs:\n" + text)
    let large = try #require(configuration.rungs.last)
    #expect(configuration.rungCount == 2 && configuration.rungs[0] == RungRule(name: "small", compute: 1e15))
    #expect(large.name == "large.2" && large.environment == ["STEPS": "20000", "TAG": "a=b"])
    #expect(large.workers == 3 && large.compute == 3.2e16 && large.command == "python3 train.py --large")
    #expect(large.budget?.wallSeconds == 7_200 && large.budget?.memory == configuration.budget.memory)
    #expect(configuration.rung(1).command == "python3 train.py" && configuration.rung(1).budget == configuration.budget)
    #expect(try parse(minimal).rungCount == 1)
  }

  @Test func `names rungs that have no name`() throws {
    #expect(try rungs("  - {compute: 1}\n  - {compute: 2}\n").map(\.name) == ["rung-1", "rung-2"])
  }

  @Test(arguments: [
    ("  - {name: a}\n", "needs two scales or more"),
    ("  {name: a}\n", "must be a list"),
    ("  - a\n  - b\n", "a rung cannot be"),
    ("  - {name: a}\n  - {name: a}\n", "rung `a` is listed twice"),
    ("  - {name: 1st}\n  - {name: b}\n", "`1st` cannot name a rung"),
    ("  - {name: 'a b'}\n  - {name: b}\n", "`a b` cannot name a rung"),
    ("  - {name: a, compute: 2}\n  - {name: b}\n", "`compute` is said of 1 of 2 rungs"),
    ("  - {name: a, compute: 2}\n  - {name: b, compute: 2}\n", "each rung must compute more"),
    ("  - {name: a, compute: 0}\n  - {name: b, compute: 2}\n", "`rungs.compute` must be above 0"),
    ("  - {name: a}\n  - {name: b, environment: [STEPS]}\n", "has no value"),
    ("  - {name: a}\n  - {name: b, environment: [PAWL_RUNG=3]}\n", "PAWL_RUNG"),
    ("  - {name: a}\n  - {name: b, evaluate: sh score.sh}\n", "needs an `evaluate` of the study"),
    ("  - {name: a}\n  - {name: b, workers: 0}\n", "workers"),
    ("  - {name: a}\n  - {name: b, seeds: 3}\n", "seeds"),
  ])
  func `refuses what makes no ladder and says what is wrong`(text: String, words: String) throws {
    let error = try #require(refusal(text))
    #expect("\(error)".contains(words) || error.message.contains(words), "\(error)")
  }

  @Test func `refuses more rungs than anybody climbs`() {
    #expect(refusal((1...17).map { "  - {name: r\($0)}\n" }.joined()) != nil)
    #expect(refusal((1...16).map { "  - {name: r\($0)}\n" }.joined()) == nil)
  }

  @Test func `keeps evaluate out where a referee prints the metric`() throws {
    let text = minimal.replacing("command: python3 train.py", with: "referee: sh referee.sh")
    let rungs = "frozen: [referee.sh]\nrungs: [{name: a}, {name: b, evaluate: sh score.sh}]\n"
    let error = #expect(throws: ConfigurationError.self) { try parse(text + rungs) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("cannot stand beside `referee`"))
  }
}
