using AttentionKernels.Attention.Work;

namespace AttentionKernels.Attention;

/// <summary>What the planner decided, and why.</summary>
/// <param name="Algorithm">The algorithm.</param>
/// <param name="Schedule">The schedule.</param>
/// <param name="Lanes">Vector schedule: fp32 lanes of the vector registers that the kernels are compiled for.</param>
/// <param name="Splits">Into how many ranges the keys are split; 1 but for split-KV.</param>
/// <param name="SplitLength">Keys of a range.</param>
/// <param name="SplitQueries">The most queries of a sequence whose keys are split.</param>
/// <param name="WorkspaceLength">Elements of the workspace that kernels share.</param>
/// <param name="Reasons">A line for each candidate: taken or not, and why.</param>
internal sealed record PlanDecision(
    AttentionAlgorithm Algorithm,
    KernelSchedule Schedule,
    int Lanes,
    int Splits,
    int SplitLength,
    int SplitQueries,
    long WorkspaceLength,
    IReadOnlyList<string> Reasons)
{
    /// <summary>TensorCore schedule: whether items of few queries have a kernel of their own.</summary>
    public bool DecodesByTensorCores { get; init; }

    /// <summary>The most partial states of a row; as many as splits, unless said otherwise.</summary>
    public int States { get; init; } = Splits;

    /// <summary>The most query tokens of an item of work.</summary>
    public required int ItemQueries { get; init; }

    /// <summary>A sequence by itself as an item of work, its keys split if it has few queries.</summary>
    /// <param name="item">The item.</param>
    /// <param name="stateRow">Where its first query would stand among those whose rows have partial states.</param>
    public PlannedItem Plan(WorkItem item, int stateRow) => item.Queries > SplitQueries
        ? new PlannedItem(item)
        : new PlannedItem(item) { Splits = Splits, StateRow = HasStates ? stateRow : -1 };

    // The Vector schedule stores outputs at once where there is but one state.
    private bool HasStates =>
        Algorithm == AttentionAlgorithm.SplitKv && (Schedule == KernelSchedule.Simt || DecodesByTensorCores || States > 1);
}
