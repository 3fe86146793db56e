using AttentionKernels.Peers.Operations;

namespace AttentionKernels.Peers.Peers;

/// <summary>Something to measure against: another library, or a roofline.</summary>
internal interface IPeer
{
    /// <summary>The name, such as <c>TorchSharp</c>.</summary>
    string Name { get; }

    /// <summary>Why it cannot be used; <see langword="null"/> where it can.</summary>
    string? Unavailable { get; }

    /// <summary>The ways in which it can do an operation, or what it measures of one; none where that makes no sense.</summary>
    IEnumerable<Way> Ways(IOperation operation);
}
