using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Variants;
using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Attention;

/// <summary>What was chosen for a problem on a device, and the memory that its kernels share.</summary>
internal abstract class AttentionKernelSet : IDisposable
{
    private readonly string _variants;
    private readonly RunGuard _guard = new("plan");
    private Tensor<float>? _workspace;
    private Tensor<float>? _scratch;

    protected AttentionKernelSet(AttentionDevice device, AttentionProblem problem, PlanDecision decision, string variants)
    {
        Device = device;
        Problem = problem;
        Decision = decision;
        _variants = variants;
    }

    public AttentionDevice Device { get; }

    public AttentionProblem Problem { get; }

    public PlanDecision Decision { get; }

    public bool IsDisposed => _guard.IsClosed;

    /// <summary>Bytes of device memory that the plan holds.</summary>
    public long WorkspaceBytes => sizeof(float) * (Decision.WorkspaceLength + ((long)Device.Workers * Decision.ScratchLength));

    protected ArrayView<float> Workspace => _workspace!.View.Data;

    protected ArrayView<float> Scratch => _scratch!.View.Data;

    public string Explain() =>
        $"{Decision.Algorithm} attention, {Decision.Schedule} schedule, on {Device.Description.Selector} {Device.Description.Name}" + Environment.NewLine +
        $"  {Problem.Batch} sequences, {Problem.Heads} heads over {Problem.KeyValueHeads} kv heads, up to {Problem.MaximumQueries} queries and {Problem.MaximumKeys} keys, " +
        $"head dimension {Problem.HeadDimension}, {_variants}" + Environment.NewLine +
        $"  {Decision.Splits} splits, workspace {WorkspaceBytes:N0} bytes" + Environment.NewLine +
        string.Join(Environment.NewLine, Decision.Reasons.Select(reason => $"  {reason}"));

    /// <summary>Begins a run: checks that the plan is not disposed, nor run by another thread, and keeps it so until the scope is disposed.</summary>
    /// <exception cref="InvalidOperationException">Another thread runs the plan.</exception>
    /// <exception cref="ObjectDisposedException">The plan, its device, or a view of its mask or modifier is disposed.</exception>
    public RunGuard.Scope Enter()
    {
        Device.ThrowIfDisposed();
        RunGuard.Scope run = _guard.Enter();
        try
        {
            CheckVariants();
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a run, then frees the memory.</summary>
    public void Dispose()
    {
        TileScheduler.ThrowIfInsideTile();
        if (!_guard.Close())
            return;
        _workspace?.Dispose();
        _scratch?.Dispose();
    }

    /// <summary>Checks that kernels can read what views of the mask and the modifier show.</summary>
    protected abstract void CheckVariants();

    /// <summary>Allocates the memory: the last step of making a launch, since all that is refused is to be refused before.</summary>
    protected void Allocate()
    {
        _workspace = Device.Allocate<float>([Decision.WorkspaceLength]);
        try
        {
            _scratch = Device.Allocate<float>([(long)Device.Workers * Decision.ScratchLength]);
        }
        catch
        {
            _workspace.Dispose();
            throw;
        }
    }
}

/// <summary>The kernels of one choice, compiled for a device. What contiguous and paged plans have in common.</summary>
internal sealed class AttentionKernelSet<TElement, TSequences, TMask, TModifier> : AttentionKernelSet
    where TElement : unmanaged, IElement<TElement>
    where TSequences : struct, ISequences<TSequences>
    where TMask : struct, IMask<TMask>
    where TModifier : struct, IScoreModifier<TModifier>
{
    private readonly VariantFields<TMask> _maskFields;
    private readonly VariantFields<TModifier> _modifierFields;
    private readonly Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>> _attend;
    private readonly Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>>? _merge;

    // The sequences whose keys are not split, where that is a kernel of its own.
    private readonly Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>>? _attendUnsplit;

    public AttentionKernelSet(AttentionDevice device, AttentionProblem problem, PlanDecision decision, TMask mask, TModifier modifier, float? scale)
        : base(device, problem, decision, $"{typeof(TMask).Name}, {typeof(TModifier).Name}")
    {
        _maskFields = new VariantFields<TMask>(device, nameof(mask));
        _modifierFields = new VariantFields<TModifier>(device, nameof(modifier));
        _maskFields.CheckTypes();
        _modifierFields.CheckTypes();
        _maskFields.CheckViews(mask);
        _modifierFields.CheckViews(modifier);
        Template = new AttentionArguments<TElement, TSequences, TMask, TModifier>
        {
            Mask = mask,
            Modifier = modifier,
            Scale = scale ?? (float)(1 / Math.Sqrt(problem.HeadDimension)),
            Batch = problem.Batch,
            Heads = problem.Heads,
            KeyValueHeads = problem.KeyValueHeads,
            HeadDimension = problem.HeadDimension,
            ValueDimension = problem.ValueDimension,
            MaximumQueries = problem.MaximumQueries,
            Splits = decision.Splits,
            SplitLength = decision.SplitLength,
            SplitRows = decision.SplitRows,
            States = decision.States,
        };
        _attend = LoadAttention();
        _merge = decision.Algorithm == AttentionAlgorithm.SplitKv && (decision.Schedule == KernelSchedule.Simt || decision.States > 1) ? LoadMerge() : null;
        _attendUnsplit = decision is { Algorithm: AttentionAlgorithm.SplitKv, Schedule: KernelSchedule.Simt } && decision.SplitQueries(problem) < problem.MaximumQueries ? LoadTiledSimt() : null;
        Allocate();
    }

    /// <summary>The arguments without the tensors.</summary>
    public AttentionArguments<TElement, TSequences, TMask, TModifier> Template { get; }

    /// <summary>Queues the kernels on a stream.</summary>
    public void Run(AcceleratorStream stream, AttentionArguments<TElement, TSequences, TMask, TModifier> arguments) => Run(stream, arguments, arguments);

    /// <summary>Queues the kernels on a stream, where what is merged is counted otherwise than what is attended.</summary>
    public void Run(
        AcceleratorStream stream,
        AttentionArguments<TElement, TSequences, TMask, TModifier> attended,
        AttentionArguments<TElement, TSequences, TMask, TModifier> merged)
    {
        attended.Workspace = Workspace;
        merged.Workspace = Workspace;
        _attend(stream, attended);
        _merge?.Invoke(stream, merged);
        _attendUnsplit?.Invoke(stream, merged);
    }

    /// <inheritdoc/>
    protected override void CheckVariants()
    {
        _maskFields.CheckViews(Template.Mask);
        _modifierFields.CheckViews(Template.Modifier);
    }

    private Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>> LoadAttention()
    {
        switch (Decision.Algorithm, Decision.Schedule)
        {
            case (AttentionAlgorithm.Naive, _):
                return Tiles<NaiveAttention<TElement, TSequences, TMask, TModifier>>(
                    static arguments => (long)arguments.Batch * arguments.Heads * arguments.MaximumQueries);
            case (_, KernelSchedule.Vector):
                var load = new LoadVector(this);
                VectorWidths.Invoke(Decision.Lanes, ref load);
                return load.Attend!;
            case (AttentionAlgorithm.Tiled, _):
                return LoadTiledSimt();
            default:
                return LoadSplitKvSimt();
        }
    }

    private Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>> LoadMerge() => Decision.Schedule == KernelSchedule.Vector
        ? Tiles<MergeStatesVector<TElement, TSequences, TMask, TModifier>>(static arguments =>
            MergeStatesVector<TElement, TSequences, TMask, TModifier>.Tiles(arguments.Batch, arguments.Heads, arguments.SplitQueries))
        : Groups<MergeStatesSimt<TElement, TSequences, TMask, TModifier>>(static arguments =>
            MergeStatesSimt<TElement, TSequences, TMask, TModifier>.Groups(arguments.Batch, arguments.Heads, arguments.SplitQueries));

    private Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>> LoadTiledSimt()
    {
        const int Block = TiledAttentionSimt<TElement, TSequences, TMask, TModifier, OneColumnBlock>.BlockColumns;
        return Problem.ValueDimension switch
        {
            <= Block => Tiled<OneColumnBlock>(),
            <= 2 * Block => Tiled<TwoColumnBlocks>(),
            <= 4 * Block => Tiled<FourColumnBlocks>(),
            _ => Tiled<EightColumnBlocks>(),
        };

        Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>> Tiled<TBlocks>()
            where TBlocks : struct, IColumnBlocks =>
            Groups<TiledAttentionSimt<TElement, TSequences, TMask, TModifier, TBlocks>>(static arguments =>
                TiledAttentionSimt<TElement, TSequences, TMask, TModifier, TBlocks>.Groups(arguments.Batch, arguments.Heads, arguments.MaximumQueries));
    }

    private Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>> LoadSplitKvSimt()
    {
        const int Block = SplitKvDecodeSimt<TElement, TSequences, TMask, TModifier, OneColumnBlock>.BlockColumns;
        return Problem.ValueDimension switch
        {
            <= Block => SplitKv<OneColumnBlock>(),
            <= 2 * Block => SplitKv<TwoColumnBlocks>(),
            _ => SplitKv<FourColumnBlocks>(),
        };

        Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>> SplitKv<TBlocks>()
            where TBlocks : struct, IColumnBlocks =>
            Groups<SplitKvDecodeSimt<TElement, TSequences, TMask, TModifier, TBlocks>>(static arguments =>
                SplitKvDecodeSimt<TElement, TSequences, TMask, TModifier, TBlocks>.Groups(
                    arguments.Batch, arguments.Heads, arguments.KeyValueHeads, arguments.MaximumQueries, arguments.Splits));
    }

    private Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>> Tiles<TKernel>(
        Func<AttentionArguments<TElement, TSequences, TMask, TModifier>, long> tiles)
        where TKernel : struct, ITileKernel<AttentionArguments<TElement, TSequences, TMask, TModifier>>
    {
        TileKernel<TKernel, AttentionArguments<TElement, TSequences, TMask, TModifier>> kernel =
            Device.LoadTileKernel<TKernel, AttentionArguments<TElement, TSequences, TMask, TModifier>>();
        return (stream, arguments) => kernel.Run(stream, arguments, tiles(arguments), Scratch, Decision.ScratchLength);
    }

    private Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>> Groups<TKernel>(
        Func<AttentionArguments<TElement, TSequences, TMask, TModifier>, long> groups)
        where TKernel : struct, IGroupKernel<AttentionArguments<TElement, TSequences, TMask, TModifier>>
    {
        AttentionPlanner.CheckGroups(groups(Template));
        GroupKernel<TKernel, AttentionArguments<TElement, TSequences, TMask, TModifier>> kernel =
            Device.LoadGroupKernel<TKernel, AttentionArguments<TElement, TSequences, TMask, TModifier>>();
        return (stream, arguments) => kernel.Run(stream, arguments, groups(arguments));
    }

    private struct LoadVector(AttentionKernelSet<TElement, TSequences, TMask, TModifier> launch) : IVectorWidthAction
    {
        public Action<AcceleratorStream, AttentionArguments<TElement, TSequences, TMask, TModifier>>? Attend { get; private set; }

        public void Invoke<TWidth>()
            where TWidth : struct, IVectorWidth => Attend = launch.Decision.Algorithm == AttentionAlgorithm.Tiled
                ? launch.Tiles<TiledAttentionVector<TElement, TSequences, TMask, TModifier, TWidth>>(static arguments =>
                    TiledAttentionVector<TElement, TSequences, TMask, TModifier, TWidth>.Tiles(
                        arguments.Batch, arguments.Heads, arguments.KeyValueHeads, arguments.MaximumQueries, arguments.Splits))
                : launch.Tiles<SplitKvDecodeVector<TElement, TSequences, TMask, TModifier, TWidth>>(static arguments =>
                    SplitKvDecodeVector<TElement, TSequences, TMask, TModifier, TWidth>.Tiles(
                        arguments.Batch, arguments.Heads, arguments.KeyValueHeads, arguments.MaximumQueries, arguments.Splits));
    }
}
