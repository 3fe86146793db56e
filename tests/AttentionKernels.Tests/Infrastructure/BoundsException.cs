namespace AttentionKernels.Tests.Infrastructure;

/// <summary>A bounds check has failed; thrown from the check, so that the kernel ends before it touches the memory.</summary>
public sealed class BoundsException(string message) : Exception(message);
