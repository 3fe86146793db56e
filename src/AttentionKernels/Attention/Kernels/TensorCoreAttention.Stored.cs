using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.MicroKernels.Warp;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    internal readonly partial struct TensorCoreAttention<TScores, TDepth, TOutput, TSums, TAccess>
    {
        private const int ScaleSize = sizeof(float);

        // A tile's scales of keys, of values, and what weights are multiplied by.
        private static int ScaleBytes => TKey.IsScaled || TValue.IsScaled ? 3 * TileKeys * ScaleSize : 0;

        private static int KeyScales => ScalesPlace;

        private static int ValueScales => ScalesPlace + (TileKeys * ScaleSize);

        private static int WeightFactors => ScalesPlace + (2 * TileKeys * ScaleSize);

        // fp16 has no exponents for all weights times all scales: values take powers of two, weights what is left of the scales. Of one
        // beyond fp16 that is NaN, and outputs with it are computed once more.
        private static bool SplitsScales => TElement.HasHalfFactors && TValue.IsScaled;

        private static void ConvertKeys(TensorCoreLane lane)
        {
            if (!TensorCore<TKey>.Converts)
                return;
            for (int step = 0; step < TScores.Steps; step++)
                TensorCore<TKey>.Convert(lane.KeyCopy, step, TElement.HasHalfFactors, byPower: false, 0);
        }

        private static void ConvertValues(TensorCoreLane lane)
        {
            if (!TensorCore<TValue>.Converts)
                return;
            for (int step = 0; step < TScores.Steps; step++)
            {
                uint power = 0;
                if (SplitsScales)
                {
                    int row = TileCopy.Row(Group.IdxX) + (step * TileCopy.RowsPerStep);
                    power = HalfPair.Power(LoadScale(ValueScales, row));
                }

                TensorCore<TValue>.Convert(lane.ValueCopy, step, TElement.HasHalfFactors, SplitsScales, power);
            }

            if (TValue.IsScaled && Group.IdxX < TileKeys)
            {
                float scale = LoadScale(ValueScales, Group.IdxX);
                float factor = SplitsScales ? HalfPair.Rest(scale) : scale;
                MemoryAddress.StoreShared(Shared + WeightFactors + (Group.IdxX * ScaleSize), Interop.FloatAsInt(factor));
            }
        }

        private static float LoadScale(int place, int key) =>
            Interop.IntAsFloat(MemoryAddress.LoadSharedOne(Shared + place + (key * ScaleSize)));

        /// <summary>Multiplies each column, which is a key, by its factor.</summary>
        /// <param name="address">The address in shared memory of the factor of the thread's first column.</param>
        private readonly struct ColumnFactors(int address) : TensorCore<TElement>.ITileFunction<ColumnFactors>
        {
            public readonly int Address = address;

            public static ColumnFactors Of(int place) => new(Shared + place + ((Lane & 3) * 2 * ScaleSize));

            public static TensorCore<TElement>.Block Apply(ColumnFactors self, TensorCore<TElement>.Block block, int row, int column)
            {
                FragmentB left = MemoryAddress.LoadSharedTwo(self.Address + (column * ScaleSize));
                FragmentB right = MemoryAddress.LoadSharedTwo(self.Address + ((column + 8) * ScaleSize));
                return block.ScaleColumns(new RegisterRow(
                    Interop.IntAsFloat(left.R0), Interop.IntAsFloat(left.R1), Interop.IntAsFloat(right.R0), Interop.IntAsFloat(right.R1)));
            }
        }
    }
}
