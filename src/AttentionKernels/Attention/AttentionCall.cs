using AttentionKernels.Attention.Layouts;
using ILGPU;

namespace AttentionKernels.Attention;

/// <summary>The memory of one run, as plans hand it to the kernels of any format; all is checked.</summary>
internal readonly record struct AttentionCall
{
    /// <summary>The query tokens.</summary>
    public required ArrayView<byte> Query { get; init; }

    /// <summary>Elements from a query head to the next.</summary>
    public required long QueryHeadStride { get; init; }

    /// <summary>The outputs.</summary>
    public required ArrayView<byte> Output { get; init; }

    /// <summary>Elements from an output's head to the next.</summary>
    public required long OutputHeadStride { get; init; }

    /// <summary>The log-sum-exp; where none is asked for an empty part of the output, since drivers want real memory.</summary>
    public required ArrayView<float> LogSumExp { get; init; }

    /// <summary>The keys.</summary>
    public required KeyValueMemory Keys { get; init; }

    /// <summary>The values.</summary>
    public required KeyValueMemory Values { get; init; }
}
