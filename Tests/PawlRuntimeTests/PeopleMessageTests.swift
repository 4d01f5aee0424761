import Foundation
import PawlCore
import PawlEngine
import Testing

@testable import PawlRuntime

/// What a message in the inbox may bring about, whoever left it there.
@Suite struct PeopleMessageTests {
  private static let now = Timestamp(milliseconds: 1_000_000)

  private static func state(_ events: [Event]) -> StudyState {
    var state = StudyState()
    for event in events { state.apply(event, at: now) }
    return state
  }

  private static func events(_ verb: ControlMessage.Verb, by: String, person: Bool, in state: StudyState) -> [Event] {
    state.events(of: ControlMessage(verb: verb, by: by, isByPerson: person), at: now) { CommitHash(rawValue: "c\($0)") }
  }

  @Test func `an agent takes back its own words, and nobody else's`() {
    let state = Self.state([
      .hintGiven(Hint(number: 1, text: "p", by: "ada", isByPerson: true)),
      .hintGiven(Hint(number: 2, text: "a", by: "x", isByPerson: false)),
      .noteAdded(Note(number: 1, text: "p", by: "ada", isByPerson: true)),
      .noteAdded(Note(number: 2, text: "a", by: "x", isByPerson: false)),
      .claimed(Claim(number: 1, topic: "t", by: "x", until: Timestamp(milliseconds: 2_000_000))),
    ])
    for (verb, isOwn) in [
      (ControlMessage.Verb.hintDone(1), false), (.hintDone(2), true), (.noteDropped(1), false), (.noteDropped(2), true),
      (.claimReleased(1), true),
    ] {
      #expect(Self.events(verb, by: "x", person: false, in: state).count == (isOwn ? 1 : 0), "\(verb)")
      #expect(Self.events(verb, by: "y", person: false, in: state).isEmpty, "\(verb)")
      #expect(Self.events(verb, by: "bob", person: true, in: state).count == 1, "\(verb)")
    }
    // An agent that calls itself as a person does is none.
    #expect(Self.events(.noteDropped(1), by: "ada", person: false, in: state).isEmpty)
    #expect(Self.events(.noteDropped(9), by: "bob", person: true, in: state).isEmpty)
  }

  @Test func `only people pin, ban and approve`() {
    let request = ApprovalRequest(number: 1, subject: .certificate(1))
    let ban = Ban(number: 1, subject: .path("a"), by: "ada")
    let state = Self.state([
      .approvalRequested(request), .banned(ban), .pinned(TrialID(rawValue: 3), at: nil, by: "ada"),
    ])
    for verb in [
      ControlMessage.Verb.pin(TrialID(rawValue: 1)), .unpin(TrialID(rawValue: 3)), .ban(.knob("x")), .banLifted(1),
      .decide(1, isGranted: true, reason: nil),
    ] {
      #expect(Self.events(verb, by: "x", person: false, in: state).isEmpty, "\(verb)")
      #expect(Self.events(verb, by: "ada", person: true, in: state).count == 1, "\(verb)")
    }
    #expect(Self.events(.decide(2, isGranted: true, reason: nil), by: "ada", person: true, in: state).isEmpty)
    #expect(
      Self.events(.pin(TrialID(rawValue: 1)), by: "ada", person: true, in: state)
        == [.pinned(TrialID(rawValue: 1), at: CommitHash(rawValue: "c1"), by: "ada")])
  }

  @Test func `a claim lasts for its minutes, a day at most`() {
    for (minutes, seconds) in [(30, 1_800.0), (0, 60), (-5, 60), (1_000_000, 86_400)] {
      let events = Self.events(.claim("t", minutes: minutes), by: "x", person: false, in: StudyState())
      let claim = Claim(number: 1, topic: "t", by: "x", until: Self.now.advanced(by: seconds))
      #expect(events == [.claimed(claim)])
    }
  }

  @Test func `a message of before it was said who left it is a person's`() throws {
    let old = Data(#"{"verb":{"hintDone":{"_0":3}},"by":"ada"}"#.utf8)
    #expect(try JSONDecoder().decode(ControlMessage.self, from: old).isByPerson)
    let new = ControlMessage(verb: .decide(2, isGranted: false, reason: "no"), by: "x", isByPerson: false)
    let again = try JSONDecoder().decode(ControlMessage.self, from: JSONEncoder().encode(new))
    #expect(again == new)
  }
}
