import Testing

@testable import PawlStages

@Test func `an error says what is wrong and what to do`() {
  let error = StagesError(.input, "`x` is not fit", hints: ["run `pawl doctor`"])
  #expect(error.message == "`x` is not fit")
  #expect(error.hints == ["run `pawl doctor`"])
}
