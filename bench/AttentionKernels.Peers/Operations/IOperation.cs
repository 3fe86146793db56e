using AttentionKernels.Timing;

namespace AttentionKernels.Peers.Operations;

/// <summary>Something that the library and its peers compute from the same inputs.</summary>
internal interface IOperation
{
    /// <summary>The name, such as <c>prefill-causal</c>.</summary>
    string Name { get; }

    /// <summary>The sizes of the operands, for people to read.</summary>
    string Shape { get; }

    /// <summary>What bounds it where it is bound by arithmetic; <see langword="null"/> where it is bound by memory.</summary>
    double? FloatingPointOperations { get; }

    /// <summary>The bytes that have to be read at least.</summary>
    long BytesRead { get; }

    /// <summary>How often a run reads them.</summary>
    int Passes => 1;

    /// <summary>The tokens of a run, where a rate of tokens says more than its time.</summary>
    int? Tokens => null;

    /// <summary>
    /// How many copies of the operands runs take turns with. What is bound by memory has so many that no input is still in the last-level
    /// cache when its turn comes again; what is bound by arithmetic has one.
    /// </summary>
    int Copies => FloatingPointOperations is null ? LastLevelCache.CopiesToExceed(BytesRead) : 1;

    /// <summary>Makes it ready on a device of the library.</summary>
    PreparedRun Prepare(AttentionDevice device);
}
