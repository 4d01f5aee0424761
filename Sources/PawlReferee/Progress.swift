/// A point of the learning curve, as the candidate reports it, at the referee's time.
package struct Progress: Equatable, Sendable {
  package let step: Int
  /// In nats; whatever the candidate sent, so it may be no number.
  package let loss: Double
  package let tokens: Int
  package let operations: Int
  /// Since the candidate's first instruction.
  package let seconds: Double

  package init(step: Int, loss: Double, tokens: Int, operations: Int, seconds: Double) {
    (self.step, self.loss, self.tokens, self.operations, self.seconds) = (step, loss, tokens, operations, seconds)
  }

  /// The line that is printed for it.
  var line: String { "step \(step) loss \(fixed(loss, 4)) tokens \(tokens) seconds \(fixed(seconds, 1))" }
}
