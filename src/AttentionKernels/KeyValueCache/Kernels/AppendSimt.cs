using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.MicroKernels;
using ILGPU;
using ILGPU.Util;

namespace AttentionKernels.KeyValueCache.Kernels;

internal static partial class AppendModule<TElement, TKey, TValue, TPairs>
{
    /// <summary>Stores the keys and values of new tokens in their slots, as <see cref="AppendVector"/> does, bit for bit. For
    /// GPUs.</summary>
    /// <remarks>
    /// <para>Tile: a work group owns <see cref="AppendGroup.Heads"/> heads of tokens, keys and values;
    /// <see cref="AppendGroup.HeadThreads"/> neighbouring threads have one, each every so many fours of its numbers, which come at one load
    /// and go at one store. Of rows that begin anywhere, or have other numbers of elements, each number has its own.</para>
    /// <para>Where scales are found, the threads of a head leave the largest magnitudes of their numbers in shared memory, and each takes
    /// the largest of all; then they read the numbers once more, mostly from the L1 cache.</para>
    /// </remarks>
    /// <typeparam name="TAccess">How rows are accessed: four numbers at once, or one by one.</typeparam>
    internal readonly struct AppendSimt<TAccess> : IGroupKernel<AppendArguments>
        where TAccess : struct, IRowAccess
    {
        private const int HeadThreads = AppendGroup.HeadThreads;
        private const int Threads = AppendGroup.Threads;

        public static int GroupSize => Threads;

        // The thread's head, of those of the work group, and which thread of it this is.
        private static int Head => Group.IdxX >> AppendGroup.HeadThreadsLog2;

        private static int Lane => Group.IdxX & (HeadThreads - 1);

        public static void Run(AppendArguments arguments)
        {
            long row = ((long)Grid.IdxX * AppendGroup.Heads) + Head;

            // Threads behind the last head go with the first one, and store nothing: all meet at a barrier.
            bool isRow = row < arguments.Rows;
            Division at = Division.Of(isRow ? row : 0, arguments.Heads);
            NewRow key = arguments.NewKey(at.Quotient, at.Remainder);
            NewRow value = arguments.NewValue(at.Quotient, at.Remainder);
            long slot = isRow ? arguments.Slot(at.Quotient) : -1;
            bool stores = slot >= 0;
            bool storesValues = stores && arguments.StoresValues != 0;
            Division place = Division.Of(stores ? slot : 0, arguments.PageSize);
            var keyTarget = new Target<TKey>(arguments.KeyPages, place, at.Remainder);
            var valueTarget = new Target<TValue>(arguments.ValuePages, place, at.Remainder);
            float keyScale = 1f;
            float valueScale = 1f;
            if ((TKey.IsScaled || TValue.IsScaled) && arguments.FindsScales != 0)
            {
                ArrayView<Four<uint>> magnitudes = SharedMemory.Allocate<Four<uint>>(2 * Threads / 4);
                ArrayView<uint> own = magnitudes.Cast<uint>().SubView(Group.IdxX);
                own[0] = TKey.IsScaled ? Largest(key, arguments.HeadDimension) : 0;
                own[Threads] = TValue.IsScaled && arguments.StoresValues != 0 ? Largest(value, arguments.HeadDimension) : 0;
                Group.Barrier();
                ArrayView<Four<uint>> ofHead = magnitudes.SubView(Head * (HeadThreads / 4));
                keyScale = RowScale.Of(Largest(ofHead), TKey.Largest);
                valueScale = RowScale.Of(Largest(ofHead.SubView(Threads / 4)), TValue.Largest);
                if (stores && Lane == 0)
                    keyTarget.SetScale(keyScale);
                if (storesValues && Lane == 0)
                    valueTarget.SetScale(valueScale);
            }
            else
            {
                if (stores)
                    keyScale = keyTarget.Scale();
                if (storesValues)
                    valueScale = valueTarget.Scale();
            }

            for (int element = 4 * Lane; element < arguments.HeadDimension; element += 4 * HeadThreads)
            {
                RegisterRow keys = Load(key, element, arguments.HeadDimension);
                RegisterRow values = Load(value, element, arguments.HeadDimension);
                if (stores)
                    keyTarget.Store(element, keys, keyScale, arguments.HeadDimension, TAccess.IsRegular);
                if (storesValues)
                    valueTarget.Store(element, values, valueScale, arguments.HeadDimension, TAccess.IsRegular);
            }
        }

        // The largest magnitude of the thread's numbers, as its bits.
        private static uint Largest(NewRow row, int count)
        {
            uint largest = 0;
            for (int element = 4 * Lane; element < count; element += 4 * HeadThreads)
            {
                RegisterRow numbers = Load(row, element, count);
                uint first = Math.Max(RowScale.Magnitude(numbers.A), RowScale.Magnitude(numbers.B));
                uint second = Math.Max(RowScale.Magnitude(numbers.C), RowScale.Magnitude(numbers.D));
                largest = Math.Max(largest, Math.Max(first, second));
            }

            return largest;
        }

        // The largest of the magnitudes that the threads of a head have left.
        private static float Largest(ArrayView<Four<uint>> magnitudes)
        {
            uint largest = 0;
            for (int four = 0; four < HeadThreads / 4; four++)
            {
                Four<uint> next = magnitudes[four];
                largest = Math.Max(largest, Math.Max(Math.Max(next.A, next.B), Math.Max(next.C, next.D)));
            }

            return Interop.IntAsFloat(largest);
        }

        // Four numbers of a row; behind the last one 0.
        private static RegisterRow Load(NewRow row, int element, int count)
        {
            if (TAccess.IsRegular)
                return row.Four(element);
            return new RegisterRow(
                row.Number(element), Number(row, element + 1, count), Number(row, element + 2, count), Number(row, element + 3, count));
        }

        // A selection takes ILGPU less time to compile than a branch.
        private static float Number(NewRow row, int element, int count) =>
            Utilities.Select(element < count, row.Number(Math.Min(element, count - 1)), 0f);
    }
}
