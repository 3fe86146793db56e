namespace AttentionKernels.Soak;

/// <summary>The library has done something that it should not.</summary>
/// <param name="message">What.</param>
internal sealed class SoakFailure(string message) : Exception(message);
