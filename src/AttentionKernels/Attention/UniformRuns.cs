using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using ILGPU.Runtime;

namespace AttentionKernels.Attention;

/// <summary>The runs of a plan whose sequences have one length: which shapes they may have, and their launches.</summary>
/// <param name="query">The planned shape of queries [batch, queries, heads, headDim], with the most queries of a run.</param>
/// <param name="key">That of keys [batch, keys, kv heads, headDim], with the most keys.</param>
/// <param name="kernels">The kernels.</param>
internal sealed class UniformRuns(
    TensorShape query, TensorShape key, AttentionKernelSet<ContiguousLayout, UniformWork> kernels)
{
    /// <summary>The kernels.</summary>
    public AttentionKernelSet Kernels => kernels;

    /// <summary>The shape of queries that are as many as planned.</summary>
    public TensorShape PlannedQueries => query;

    /// <summary>The shape that queries of as many tokens must have.</summary>
    /// <exception cref="ArgumentException">They are too many.</exception>
    public TensorShape Queries(TensorShape shape, string name) => UpTo(query, shape, name);

    /// <summary>The shape that keys of as many tokens must have.</summary>
    /// <exception cref="ArgumentException">They are too many.</exception>
    public TensorShape Keys(TensorShape shape, string name) => UpTo(key, shape, name);

    /// <summary>Queues the kernels of a run; all is checked.</summary>
    public void Launch(AcceleratorStream stream, in AttentionCall call, in ContiguousLayout layout)
    {
        PlannedItem item = kernels.Decision.Plan(new WorkItem { Queries = layout.Queries, Keys = layout.Keys }, stateRow: 0);
        var work = new UniformWork { Queries = layout.Queries, Keys = layout.Keys, HasStates = item.HasStates ? 1 : 0 };
        for (int pass = 0; pass < kernels.Passes; pass++)
        {
            work.Grid = kernels.Grid(pass)(item);
            kernels.Run(pass, stream, call, layout, work, kernels.Problem.Batch * work.Grid.Count);
        }

        kernels.Trace(layout.Queries, layout.Keys);
    }

    private static TensorShape UpTo(TensorShape planned, TensorShape shape, string name)
    {
        if (shape.Rank != planned.Rank || shape[1] > planned[1])
        {
            throw new ArgumentException(
                $"The shape of '{name}' is {shape}; the plan was made for {planned}, with at most {planned[1]} tokens.", name);
        }

        return planned.With(1, shape[1]);
    }
}
