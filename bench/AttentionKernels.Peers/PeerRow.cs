using System.Text.Json.Serialization;

namespace AttentionKernels.Peers;

/// <summary>One comparison: the library on a device, and a peer. Numbers that could not be measured are <see langword="null"/>.</summary>
/// <param name="Operation">The operation, such as <c>prefill-causal</c>.</param>
/// <param name="Shape">The sizes of the operands.</param>
/// <param name="DataType">The type of the elements.</param>
/// <param name="Device">The device of the library: <c>cpu</c> or <c>opencl</c>.</param>
/// <param name="Peer">The peer: <c>TorchSharp</c>, <c>OnnxRuntime</c>, <c>llama.cpp</c> or <c>roofline</c>.</param>
/// <param name="Detail">How the peer does it, or which roofline it is.</param>
internal sealed record PeerRow(
    string Operation, string Shape, [property: JsonPropertyName("dtype")] string DataType, string Device, string Peer, string Detail)
{
    /// <summary>The median time of the library.</summary>
    [JsonPropertyName("oursMs")]
    public double? OursMilliseconds { get; init; }

    /// <summary>The median time of the peer.</summary>
    [JsonPropertyName("peerMs")]
    public double? PeerMilliseconds { get; init; }

    /// <summary>How many times as fast as the peer the library is: the median over the pairs of runs.</summary>
    public double? Speedup { get; init; }

    /// <summary>A quarter of the pairs has a lower speedup than this.</summary>
    public double? SpeedupLowerQuartile { get; init; }

    /// <summary>A quarter of the pairs has a higher speedup than this.</summary>
    public double? SpeedupUpperQuartile { get; init; }

    /// <summary>The tokens of a run, of whole models.</summary>
    public int? Tokens { get; init; }

    /// <summary>Tokens a second by the library.</summary>
    public double? OursTokensPerSecond => Tokens / OursMilliseconds * 1000;

    /// <summary>Tokens a second by the peer.</summary>
    public double? PeerTokensPerSecond => Tokens / PeerMilliseconds * 1000;

    /// <summary>The largest difference between the results; <see langword="null"/> for a roofline.</summary>
    public double? MaxDifference { get; init; }

    /// <summary>Why nothing was measured.</summary>
    public string? Note { get; init; }
}
