import Foundation
import PawlCore
import Testing

@Suite struct ConstraintTests {
  @Test(arguments: [
    (SecondaryQuantity.memory, 9.1, 8, "memory 9.1 GiB is over the limit of 8 GiB"),
    (.memory, 0.75, 0.5, "memory 768 MiB is over the limit of 512 MiB"),
    (.memory, 8.0001, 8, "memory 8.0001 GiB is over the limit of 8 GiB"),
    (.seconds, 331.25, 320, "wall time 331 s is over the limit of 320 s"),
    (.seconds, 320.0001, 320, "wall time 320.0001 s is over the limit of 320 s"),
    (.lines, 1234, 200, "a change of 1234 lines is over the limit of 200 lines"),
  ])
  func `a broken limit is put into words that tell the two figures apart`(
    quantity: SecondaryQuantity, value: Double, limit: Double, words: String
  ) {
    #expect(Constraint(quantity, limit: limit).breach(by: value)?.description == words)
  }

  @Test(arguments: [
    (Constraint(.memory, limit: 8), "memory at most 8 GiB"),
    (Constraint(.seconds, limit: 320, price: 0.0001), "seconds at most 320 s, 0.0001 a second"),
    (Constraint(.lines, price: 2e-5), "lines 0.00002 a line"),
  ])
  func `what is asked for is put into words`(constraint: Constraint, words: String) {
    #expect(constraint.description == words)
  }

  @Test func `a value at its limit, and a quantity with a price alone, break nothing`() {
    #expect(Constraint(.memory, limit: 8).breach(by: 8) == nil)
    #expect(Constraint(.memory, price: 8).breach(by: .greatestFiniteMagnitude) == nil)
  }

  @Test func `a configuration of before there were constraints has none`() throws {
    var configuration = StudyConfiguration(
      name: try #require(StudyName(rawValue: "demo")), command: "true",
      metric: MetricRule(name: "loss", pattern: "(.*)", direction: .minimize),
      constraints: [Constraint(.memory, limit: 8), Constraint(.lines, price: 0.5)], editable: ["a"],
      foreignLoad: .ignore)
    let stored = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(StudyConfiguration.self, from: stored) == configuration)
    var fields = try #require(try JSONSerialization.jsonObject(with: stored) as? [String: Any])
    try #require(fields.removeValue(forKey: "constraints") != nil)
    try #require(fields.removeValue(forKey: "foreignLoad") != nil)
    (configuration.constraints, configuration.foreignLoad) = ([], .repeats)
    #expect(
      try JSONDecoder().decode(StudyConfiguration.self, from: JSONSerialization.data(withJSONObject: fields))
        == configuration)
  }

  @Test func `events of before there were limits are read`() throws {
    let event = Event.certificationFailed(number: 1, eValue: 2, pairs: 3)
    let text = String(decoding: try JSONEncoder().encode(event), as: UTF8.self)
    #expect(!text.contains("breach"))
    #expect(try JSONDecoder().decode(Event.self, from: Data(text.utf8)) == event)
    let broken = Event.certificationFailed(
      number: 1, eValue: 2, pairs: 3, breach: Breach(quantity: .seconds, value: 2, limit: 1))
    #expect(try JSONDecoder().decode(Event.self, from: JSONEncoder().encode(broken)) == broken)
  }
}
