public import PawlCore

/// What is known of one earlier candidate.
public struct KnobObservation: Sendable, Codable, Hashable {
  /// The candidate's assignment by knob name; may lack knobs of today, and hold knobs that are gone.
  public let knobs: [String: KnobValue]
  /// Lower is better whatever the metric's direction; nil where the candidate crashed.
  public let loss: Double?
  /// How many measurements `loss` rests on.
  public let measurements: Int
  public init(knobs: [String: KnobValue], loss: Double?, measurements: Int) {
    self.knobs = knobs
    self.loss = loss
    self.measurements = measurements
  }
}
