using AttentionKernels.Attention.Work;
using AttentionKernels.Devices;
using AttentionKernels.Launching;
using AttentionKernels.Streams;
using ILGPU;
using ILGPU.Runtime;

namespace AttentionKernels.Attention;

/// <summary>What was decided for a problem on a device, and the memory that its kernels share.</summary>
/// <param name="device">The device.</param>
/// <param name="problem">The problem.</param>
/// <param name="decision">What was decided.</param>
/// <param name="variants">The names of mask and modifier.</param>
internal abstract partial class AttentionKernelSet(
    AttentionDevice device, AttentionProblem problem, PlanDecision decision, string variants)
    : IDisposable
{
    private readonly RunGuard _guard = new("plan");
    private Tensor<float>? _workspace;
    private Tensor<float>? _scratch;

    public AttentionDevice Device { get; } = device;

    public AttentionProblem Problem { get; } = problem;

    public PlanDecision Decision { get; } = decision;

    public bool IsDisposed => _guard.IsClosed;

    /// <summary>Bytes of device memory that the plan holds.</summary>
    public long WorkspaceBytes => sizeof(float) * (Decision.WorkspaceLength + ((long)Device.Workers * ScratchLength));

    protected ArrayView<float> Workspace => _workspace!.View.Data;

    protected ArrayView<float> Scratch => _scratch!.View.Data;

    /// <summary>Elements of scratch memory that a tile needs.</summary>
    protected int ScratchLength { get; private set; }

    public string Explain() =>
        string.Join(Environment.NewLine + "  ",
            [
                $"{Decision.Algorithm} attention, {Decision.Schedule} schedule, on {DeviceChecks.Own(Device)}",
                $"{Problem.Batch} sequences, {Problem.Heads} heads over {Problem.KeyValueHeads} kv heads, up to {Problem.MaximumQueries} " +
                $"queries and {Problem.MaximumKeys} keys, head dimension {Problem.HeadDimension}, {variants}",
                $"{Decision.Splits} splits, workspace {WorkspaceBytes:N0} bytes",
                .. Decision.Reasons,
            ]);

    /// <summary>How many kernels a run launches, one after the other.</summary>
    public abstract int Passes { get; }

    /// <summary>The tiles of an item in a pass; none where the pass has nothing to do for it.</summary>
    public abstract Func<PlannedItem, TileGrid> Grid(int pass);

    /// <summary>Makes the plan that is to own the kernels, which are disposed where it cannot be made.</summary>
    public TPlan OwnedBy<TPlan>(Func<TPlan> make)
    {
        try
        {
            return make();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Begins a run: checks that the plan is not disposed, nor run by another thread, and keeps it so until the scope is
    /// disposed.</summary>
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

    /// <summary>Allocates the memory: the last step of making a set, since all that is refused is to be refused before.</summary>
    /// <param name="scratchLength">Elements of scratch memory that a tile needs.</param>
    protected void Allocate(int scratchLength)
    {
        ScratchLength = scratchLength;
        _workspace = Device.Allocate<float>([Decision.WorkspaceLength]);
        try
        {
            _scratch = Device.Allocate<float>([(long)Device.Workers * scratchLength]);
        }
        catch
        {
            _workspace.Dispose();
            throw;
        }
    }
}

/// <summary>The kernels for a layout and a kind of work, whatever their formats and variants.</summary>
/// <typeparam name="TLayout">Where tokens lie.</typeparam>
/// <typeparam name="TWork">Which work there is.</typeparam>
internal abstract class AttentionKernelSet<TLayout, TWork>(
    AttentionDevice device, AttentionProblem problem, PlanDecision decision, string variants)
    : AttentionKernelSet(device, problem, decision, variants)
{
    /// <summary>Queues a pass on a stream.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="call">The memory.</param>
    /// <param name="layout">Where tokens lie.</param>
    /// <param name="work">The work, with the tiles of the pass.</param>
    /// <param name="tiles">How many tiles; none is legal.</param>
    public abstract void Run(
        int pass, AcceleratorStream stream, in AttentionCall call, in TLayout layout, TWork work, long tiles);
}
