public import PawlCore

/// A constant in an editable file that can be tuned.
public struct Knob: Sendable, Hashable {
  /// Unique among the files: `LR`, `train.py:LR` where two files clash, `LR#2` where it stands a second time.
  public let name: String
  public let path: String
  /// Counts from 1; a line ends at a line feed.
  public let line: Int
  /// Where the literal stands in its line, in UTF-8 bytes.
  public let columns: Range<Int>
  /// The literal as written, quotes and suffix included.
  public let literal: String
  public let value: KnobValue
  public let domain: KnobDomain
  public init(
    name: String, path: String, line: Int, columns: Range<Int>, literal: String, value: KnobValue, domain: KnobDomain
  ) {
    self.name = name
    self.path = path
    self.line = line
    self.columns = columns
    self.literal = literal
    self.value = value
    self.domain = domain
  }
}

/// The values that a knob may take, and the scale on which they lie evenly.
public enum KnobDomain: Sendable, Hashable {
  /// Whole numbers, evenly or on a logarithmic scale.
  case integer(ClosedRange<Int>, log: Bool)
  /// The powers of two in the range; both bounds are powers of two.
  case powerOfTwo(ClosedRange<Int>)
  case real(ClosedRange<Double>, log: Bool)
  /// Reals below one whose distance to one matters, such as Adam's betas: `1 - value` is drawn on a logarithmic scale.
  case nearOne(ClosedRange<Double>)
  case boolean
  /// Texts, without their quotes and in no order.
  case choices([String])
  /// Numbers in ascending order.
  case numbers([Double])
}
