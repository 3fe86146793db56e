using AttentionKernels.Attention.Variants;
using AttentionKernels.Attention.Work;
using AttentionKernels.Launching;
using ILGPU.Runtime;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>The kernels of one decision, compiled for a device.</summary>
    internal sealed class KernelSet : AttentionKernelSet<TLayout, TWork>
    {
        private readonly VariantFields<TMask> _maskFields;
        private readonly VariantFields<TModifier> _modifierFields;
        private readonly Arguments _template;
        private readonly Action<AcceleratorStream, Arguments> _attend;
        private readonly Action<AcceleratorStream, Arguments>? _merge;

        // The items whose keys are not split, where that is a kernel of its own.
        private readonly Action<AcceleratorStream, Arguments>? _attendUnsplit;

        public KernelSet(
            AttentionDevice device, AttentionProblem problem, PlanDecision decision, TMask mask, TModifier modifier, float? scale)
            : base(device, problem, decision, $"{typeof(TMask).Name}, {typeof(TModifier).Name}")
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
                Items = problem.Batch,
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
            bool splits = decision.Algorithm == AttentionAlgorithm.SplitKv;
            bool isSimt = decision.Schedule == KernelSchedule.Simt;
            _attend = LoadAttention();
            _merge = splits && (isSimt || decision.States > 1) ? LoadMerge() : null;
            _attendUnsplit = splits && isSimt && decision.SplitQueries(problem) < problem.MaximumQueries ? LoadTiledSimt() : null;
            Allocate(NeededScratch());
        }

        /// <inheritdoc/>
        public override void Run(
            AcceleratorStream stream, in AttentionCall call, in TLayout layout, WorkPass<TWork> attended, WorkPass<TWork> merged)
        {
            Arguments arguments = _template;
            arguments.Query = call.Query.Cast<TElement>();
            arguments.QueryHeadStride = call.QueryHeadStride;
            arguments.Output = call.Output.Cast<TElement>();
            arguments.OutputHeadStride = call.OutputHeadStride;
            arguments.LogSumExp = call.LogSumExp;
            arguments.Keys = call.Keys.Of<TKey>();
            arguments.Values = call.Values.Of<TValue>();
            arguments.Workspace = Workspace;
            arguments.Layout = layout;
            Take(ref arguments, attended);
            _attend(stream, arguments);
            Take(ref arguments, merged);
            _merge?.Invoke(stream, arguments);
            if (arguments.SplitQueries < arguments.MaximumQueries)
                _attendUnsplit?.Invoke(stream, arguments);
        }

        /// <inheritdoc/>
        protected override void CheckVariants()
        {
            _maskFields.CheckViews(_template.Mask);
            _modifierFields.CheckViews(_template.Modifier);
        }

        private static void Take(ref Arguments arguments, WorkPass<TWork> pass)
        {
            arguments.Work = pass.Work;
            arguments.Items = pass.Items;
            arguments.MaximumQueries = pass.MaximumQueries;
            arguments.Splits = pass.Splits;
            arguments.SplitLength = pass.SplitLength;
        }

        private Action<AcceleratorStream, Arguments> LoadAttention() => (Decision.Algorithm, Decision.Schedule) switch
        {
            (AttentionAlgorithm.Naive, _) => Tiles<NaiveAttention>(NaiveAttention.Grid),
            (AttentionAlgorithm.Tiled, KernelSchedule.Vector) => Tiles<TiledAttentionVector>(TiledAttentionVector.Grid),
            (_, KernelSchedule.Vector) => Tiles<SplitKvDecodeVector>(SplitKvDecodeVector.Grid),
            (AttentionAlgorithm.Tiled, _) => LoadTiledSimt(),
            _ => LoadSplitKvSimt(),
        };

        private Action<AcceleratorStream, Arguments> LoadMerge() => Decision.Schedule == KernelSchedule.Vector
            ? Tiles<MergeStatesVector>(MergeStatesVector.Grid)
            : Groups<MergeStatesSimt>(MergeStatesSimt.Grid);

        private Action<AcceleratorStream, Arguments> LoadTiledSimt() => Blocks(TileSizes.SimtBlockColumns) switch
        {
            1 => Groups<TiledAttentionSimt<OutputBlock>>(TiledAttentionSimt<OutputBlock>.Grid),
            2 => Groups<TiledAttentionSimt<OutputPair<OutputBlock>>>(TiledAttentionSimt<OutputPair<OutputBlock>>.Grid),
            <= 4 => Groups<TiledAttentionSimt<OutputPair<OutputPair<OutputBlock>>>>(
                TiledAttentionSimt<OutputPair<OutputPair<OutputBlock>>>.Grid),
            _ => Groups<TiledAttentionSimt<OutputPair<OutputPair<OutputPair<OutputBlock>>>>>(
                TiledAttentionSimt<OutputPair<OutputPair<OutputPair<OutputBlock>>>>.Grid),
        };

        private Action<AcceleratorStream, Arguments> LoadSplitKvSimt() => Blocks(SimtDecode.BlockColumns) switch
        {
            1 => Groups<SplitKvDecodeSimt<DecodeBlock>>(SplitKvDecodeSimt<DecodeBlock>.Grid),
            2 => Groups<SplitKvDecodeSimt<DecodePair<DecodeBlock>>>(SplitKvDecodeSimt<DecodePair<DecodeBlock>>.Grid),
            _ => Groups<SplitKvDecodeSimt<DecodePair<DecodePair<DecodeBlock>>>>(
                SplitKvDecodeSimt<DecodePair<DecodePair<DecodeBlock>>>.Grid),
        };

        // The blocks of columns that an output has.
        private int Blocks(int columns) => TileSizes.Tiles(Problem.ValueDimension, columns);

        private Action<AcceleratorStream, Arguments> Tiles<TKernel>(Func<Arguments, TileGrid> grid)
            where TKernel : struct, ITileKernel<Arguments>
        {
            TileKernel<TKernel, Arguments> kernel = Device.LoadTileKernel<TKernel, Arguments>();
            return (stream, arguments) => kernel.Run(stream, arguments, grid(arguments).Count(arguments.Items), Scratch, ScratchLength);
        }

        private Action<AcceleratorStream, Arguments> Groups<TKernel>(Func<Arguments, TileGrid> grid)
            where TKernel : struct, IGroupKernel<Arguments>
        {
            AttentionPlanner.CheckGroups(grid(_template).Count(_template.Items));
            GroupKernel<TKernel, Arguments> kernel = Device.LoadGroupKernel<TKernel, Arguments>();
            return (stream, arguments) => kernel.Run(stream, arguments, grid(arguments).Count(arguments.Items));
        }

        private int NeededScratch() => AttentionPlanner.ScratchLength((Decision.Algorithm, Decision.Schedule) switch
        {
            (AttentionAlgorithm.Tiled, KernelSchedule.Vector) =>
                TiledAttentionVector.ScratchLength(Problem.HeadDimension, Problem.ValueDimension),
            (AttentionAlgorithm.SplitKv, KernelSchedule.Vector) => SplitKvDecodeVector.ScratchLength(
                Problem.Heads, Problem.KeyValueHeads, Problem.HeadDimension, Problem.ValueDimension, Decision.ItemQueries),
            _ => 0,
        });
    }
}
