public import PawlCore

/// Values that the command line takes in the same notation as pawl.yaml.
public enum FlagValues {
  /// Reads `90`, `90s`, `10min`, `1.5h` or `2d` as seconds; nil for anything else.
  public static func seconds(_ text: String) -> Double? {
    guard case .value(let seconds) = Quantity.seconds(text) else { return nil }
    return seconds
  }

  /// Returns the way in which a metric of this name improves, nil where that is not common knowledge.
  public static func direction(ofMetric name: String) -> Direction? { MetricCheck.direction(ofMetric: name) }

  /// Returns a pattern for lines such as `name: 1.5` and `name = 1.5`.
  public static func pattern(forMetric name: String) -> String {
    #"^\s*"# + MetricCheck.escaped(name) + #"\s*[:=]\s*(\S+)"#
  }
}
