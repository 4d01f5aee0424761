public import PawlCore

/// What a model is asked, in neither provider's format.
public struct ModelRequest: Sendable, Hashable {
  /// A piece of text; empty ones are not sent.
  public struct Block: Sendable, Hashable {
    public var text: String
    /// Whether what stands up to here stays the same in later requests, so that a provider's cache may keep it.
    public var endsCachedPrefix: Bool
    public init(_ text: String, endsCachedPrefix: Bool = false) {
      self.text = text
      self.endsCachedPrefix = endsCachedPrefix
    }
  }
  public enum Role: String, Sendable, Hashable { case user, assistant }
  public struct Message: Sendable, Hashable {
    public var role: Role
    public var blocks: [Block]
    public init(_ role: Role, _ blocks: [Block]) {
      self.role = role
      self.blocks = blocks
    }
  }
  public var system: [Block]
  public var messages: [Message]
  /// Not sent where the rule says that the model uses no tools.
  public var tools: [ToolDefinition]
  /// Whether the model must call one of them; where a provider does not take that, it is only offered them.
  public var forcesTool: Bool
  /// In place of the rule's.
  public var maximumTokens: Int?
  public init(
    system: [Block] = [], messages: [Message], tools: [ToolDefinition] = [], forcesTool: Bool = false,
    maximumTokens: Int? = nil
  ) {
    self.system = system
    self.messages = messages
    self.tools = tools
    self.forcesTool = forcesTool
    self.maximumTokens = maximumTokens
  }
}
