import PawlRefereeProtocol
import Testing

@testable import PawlReferee

@Suite struct HonestTests {
  @Test func `an honest model gets its score, the same every time`() throws {
    let place = try CandidatePlace()
    var scores: [Double] = []
    for _ in 0..<3 { scores.append(try place.judged(python: "trained(); answer()").result.get().bitsPerByte) }
    #expect(scores[0] > 1.5 && scores[0] < 4)
    #expect(abs(scores[0] - scores[1]) < 1e-9 && abs(scores[0] - scores[2]) < 1e-9)
  }
}
