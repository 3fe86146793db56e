using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Variants;
using AttentionKernels.Attention.Work;
using AttentionKernels.Devices;
using AttentionKernels.Launching;
using ILGPU.Runtime;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>The kernels of one decision, compiled for a device.</summary>
    internal sealed partial class KernelSet : AttentionKernelSet<TLayout, TWork>
    {
        private readonly VariantFields<TMask> _maskFields;
        private readonly VariantFields<TModifier> _modifierFields;
        private readonly Arguments _template;
        private readonly Pass[] _passes;

        public KernelSet(
            AttentionDevice device, AttentionProblem problem, PlanDecision decision, TMask mask, TModifier modifier, float? scale)
            : base(device, problem, decision, $"{KernelTypes.Name(typeof(TMask))}, {KernelTypes.Name(typeof(TModifier))}")
        {
            _maskFields = new VariantFields<TMask>(device, nameof(mask));
            _modifierFields = new VariantFields<TModifier>(device, nameof(modifier));
            _maskFields.CheckTypes();
            _modifierFields.CheckTypes();
            TModifier.Check(modifier, problem.Heads, nameof(modifier));
            _maskFields.CheckViews(mask);
            _modifierFields.CheckViews(modifier);
            _template = new Arguments
            {
                Mask = mask,
                Modifier = modifier,
                Scale = scale ?? (float)(1 / Math.Sqrt(problem.HeadDimension)),
                Heads = problem.Heads,
                KeyValueHeads = problem.KeyValueHeads,
                HeadDimension = problem.HeadDimension,
                ValueDimension = problem.ValueDimension,
                MaximumKeys = problem.MaximumKeys,
                States = decision.States,
            };
            _passes = LoadPasses();
            Allocate(NeededScratch());
        }

        /// <inheritdoc/>
        public override int Passes => _passes.Length;

        /// <inheritdoc/>
        public override Func<PlannedItem, TileGrid> Grid(int pass) => _passes[pass].Grid;

        /// <inheritdoc/>
        public override void Run(
            int pass, AcceleratorStream stream, in AttentionCall call, in TLayout layout, TWork work, long tiles)
        {
            Arguments arguments = _template;
            arguments.Query = call.Query.Cast<TElement>();
            arguments.QueryHeadStride = call.QueryHeadStride;
            arguments.Output = call.Output.Cast<TElement>();
            arguments.OutputHeadStride = call.OutputHeadStride;
            arguments.LogSumExp = call.LogSumExp;
            arguments.Keys = KeyValueBuffer<TKey>.Of(call.Keys);
            arguments.Values = KeyValueBuffer<TValue>.Of(call.Values);
            arguments.Workspace = Workspace;
            arguments.Layout = layout;
            arguments.Work = work;
            _passes[pass].Run(stream, arguments, tiles);
        }

        /// <inheritdoc/>
        protected override void CheckVariants()
        {
            _maskFields.CheckViews(_template.Mask);
            _modifierFields.CheckViews(_template.Modifier);
        }

        /// <inheritdoc/>
        protected override TracedPlan DescribeForTrace() =>
            TracedPlan.Of(Problem, _template.Mask, TModifier.IsIdentity ? null : KernelTypes.Name(typeof(TModifier)));

        private Pass[] LoadPasses()
        {
            if (Decision.Algorithm == AttentionAlgorithm.Naive)
                return [Tiles(Device.LoadTileKernel<NaiveAttention, Arguments>(), NaiveAttention.Grid)];
            if (Decision.Schedule == KernelSchedule.TensorCore)
                return LoadTensorCore();
            bool splits = Decision.Algorithm == AttentionAlgorithm.SplitKv;
            if (Decision.Schedule == KernelSchedule.Vector)
            {
                if (!splits)
                {
                    TileKernel<TiledAttentionVector, Arguments> tiled = Device.LoadTileKernel<TiledAttentionVector, Arguments>();
                    return [Tiles(tiled, TiledAttentionVector.Grid)];
                }

                Pass attend = Tiles(Device.LoadTileKernel<SplitKvDecodeVector, Arguments>(), SplitKvDecodeVector.Grid);
                if (Decision.States == 1)
                    return [attend];
                return [attend, Tiles(Device.LoadTileKernel<MergeStatesVector, Arguments>(), MergeStatesVector.Grid).OfMerges()];
            }

            if (!splits)
                return [LoadTiledSimt()];
            Pass split = LoadSplitKvSimt().Where(static item => item.HasStates);
            Pass merge = Groups<MergeStatesSimt>(MergeStatesSimt.Grid).OfMerges();
            return Decision.SplitQueries == Problem.MaximumQueries
                ? [split, merge]
                : [split, LoadTiledSimt().Where(static item => !item.HasStates), merge];
        }

        private Pass Tiles(ILoadedTiles<Arguments> kernel, Func<Arguments, WorkItem, TileGrid> grid) => new(
            item => Split(grid, item), (stream, arguments, tiles) => kernel.Run(stream, arguments, tiles, Scratch, ScratchLength));

        internal Pass Groups<TKernel>(Func<Arguments, WorkItem, TileGrid> grid)
            where TKernel : struct, IGroupKernel<Arguments>
        {
            return OfGroups(grid, Device.LoadGroupKernel<TKernel, Arguments>().Run);
        }

        private Pass OfGroups(Func<Arguments, WorkItem, TileGrid> grid, Action<AcceleratorStream, Arguments, long> run)
        {
            CheckGroups(grid);
            return new Pass(item => Split(grid, item) with { HeadsTakeTurns = 1 }, run);
        }

        private void CheckGroups(Func<Arguments, WorkItem, TileGrid> grid)
        {
            foreach (int queries in (int[])[Decision.SplitQueries, Problem.MaximumQueries])
                AttentionPlanner.CheckGroups(Problem.Batch * Split(grid, Decision.Plan(new WorkItem { Queries = queries }, 0)).Count);
        }

        private TileGrid Split(Func<Arguments, WorkItem, TileGrid> grid, PlannedItem item) => grid(_template, item.Item) with
        {
            Splits = item.Splits,
            SplitLength = item.Splits > 1 ? Decision.SplitLength : int.MaxValue,
            FirstState = item.FirstState,
        };

        private int NeededScratch() => AttentionPlanner.ScratchLength((Decision.Algorithm, Decision.Schedule) switch
        {
            (AttentionAlgorithm.Tiled, KernelSchedule.Vector) =>
                TiledAttentionVector.ScratchLength(Problem.HeadDimension, Problem.ValueDimension),
            (AttentionAlgorithm.SplitKv, KernelSchedule.Vector) => SplitKvDecodeVector.ScratchLength(
                Problem.Heads, Problem.KeyValueHeads, Problem.HeadDimension, Problem.ValueDimension, Decision.ItemQueries),
            _ => 0,
        });

        /// <summary>A kernel of a run.</summary>
        /// <param name="Grid">The tiles of an item.</param>
        /// <param name="Run">Queues so many tiles on a stream.</param>
        internal sealed record Pass(Func<PlannedItem, TileGrid> Grid, Action<AcceleratorStream, Arguments, long> Run)
        {
            /// <summary>The same, of some items only.</summary>
            public Pass Where(Func<PlannedItem, bool> takes) => this with { Grid = item => takes(item) ? Grid(item) : default };

            /// <summary>The same, once a row and not once a split, where all partial states are there.</summary>
            public Pass OfMerges() => (this with { Grid = item => Grid(item).OfMerges() }).Where(
                static item => item is { HasStates: true, IsLast: true });
        }
    }
}
