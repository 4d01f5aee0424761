import Testing

@testable import PawlReferee

@Suite struct SamplingTests {
  private func logarithms(_ weights: [Int: Double]) -> [Float] {
    (0..<256).map { Float(weights[$0] ?? -20) }
  }

  @Test func `at temperature 0 the likeliest byte always comes`() {
    let values = logarithms([65: -0.4, 66: -0.5])
    for unit in [0, 0.5, 0.999] { #expect(Sampling.draw(values, temperature: 0, unit: unit) == 65) }
  }

  @Test func `bytes come as often as their probabilities say`() {
    let values = logarithms([65: -1.386294, 66: -0.287682])  // 1/4 and 3/4
    let draws = (0..<1000).map { Sampling.draw(values, temperature: 1, unit: (Double($0) + 0.5) / 1000) }
    #expect(abs(draws.count { $0 == 65 } - 250) <= 1 && abs(draws.count { $0 == 66 } - 750) <= 1)
    let sharp = (0..<1000).map { Sampling.draw(values, temperature: 0.5, unit: (Double($0) + 0.5) / 1000) }
    #expect(abs(sharp.count { $0 == 65 } - 100) <= 1)
  }

  private func failure(_ script: String) throws -> LabError {
    let place = try CandidatePlace()
    try place.write(script, to: "candidate.sh")
    let candidate = Candidate(
      ["/bin/sh", "candidate.sh"], directory: place.path + "/work", view: .hostWithout([place.path + "/frozen"]),
      threads: 200)
    let sampling = Sampling(
      candidate, isolation: .full, context: 2, seed: 1, prompt: [65], count: 1, temperature: 1, write: { _ in })
    return try #require(throws: LabError.self) { try sampling.execute(hardSeconds: 600) }
  }

  @Test func `predictions before any question, and handing in twice, are out of turn`() throws {
    let predictions = #"printf '\004\000\000\000\000\010\000\000' >&4; head -c 2048 /dev/zero >&4; "#
    let trained = #"printf '\002\000\000\000\040\000\000\000' >&4; head -c 32 /dev/zero >&4; "#
    for script in [predictions + trained, trained + trained] {
      let error = try failure(script + "cat <&3 >/dev/null")
      #expect(error.code == .trainingFailed && error.message.contains("out of turn"))
    }
  }

  @Test func `what rounding leaves over goes to the likeliest byte`() {
    #expect(Sampling.draw(logarithms([9: 0]), temperature: 1, unit: 1) == 9)
  }
}
