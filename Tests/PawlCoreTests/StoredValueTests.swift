import Foundation
import PawlCore
import Testing

@Suite struct StoredValueTests {
  private func configuration() throws -> StudyConfiguration {
    StudyConfiguration(
      name: try #require(StudyName(rawValue: "demo")), command: "sh judge.sh", isReferee: true,
      metric: MetricRule(name: "loss", pattern: "(.*)", direction: .minimize, plausible: 0...1),
      editable: ["train.sh"], stop: StopRule(trials: 3), seed: .max)
  }

  @Test func `a configuration is read back as it was stored`() throws {
    for evaluate in [nil, "sh score.sh"] {
      var whole = try configuration()
      (whole.isReferee, whole.evaluate, whole.artifacts) = (evaluate == nil, evaluate, ["out/"])
      whole.sandbox.readable = ["~/data"]
      whole.budget.cpuSeconds = 7
      whole.workers = 3
      #expect(try JSONDecoder().decode(StudyConfiguration.self, from: JSONEncoder().encode(whole)) == whole)
    }
  }

  @Test func `a configuration of before there were referees has none`() throws {
    let stored = try JSONEncoder().encode(configuration())
    var fields = try #require(try JSONSerialization.jsonObject(with: stored) as? [String: Any])
    try #require(fields.removeValue(forKey: "isReferee") != nil)
    let old = try JSONDecoder().decode(
      StudyConfiguration.self, from: JSONSerialization.data(withJSONObject: fields))
    #expect(!old.isReferee && old.refereeLevel == .report && old.command == "sh judge.sh")
  }

  @Test func `a hint of before it was said who gives it is a person's`() throws {
    let old = try JSONDecoder().decode(Hint.self, from: Data(#"{"number":1,"text":"go wide","by":"ada"}"#.utf8))
    #expect(old.isByPerson)
    let new = Hint(number: 2, text: "go deep", by: "a-client", isByPerson: false)
    #expect(try JSONDecoder().decode(Hint.self, from: JSONEncoder().encode(new)) == new)
  }

  @Test(arguments: [
    (AttemptPurpose.calibration, "search"), (.search, "search"),
    (.certification(1, pair: 0, candidate: true), "sealed"),
    (.certification(1, pair: 0, candidate: false), "sealed"),
  ])
  func `an attempt's environment follows from its request alone`(purpose: AttemptPurpose, split: String) {
    let request = AttemptRequest(
      id: AttemptID(rawValue: 1), trial: .baseline, commit: CommitHash(rawValue: "c"), seed: 7, purpose: purpose)
    #expect(request.environment == ["PAWL_SEED": "7", "PAWL_SPLIT": split, "PAWL_RUNG": "1"])
    #expect(Set(request.environment.keys) == AttemptRequest.variables)
  }
}
