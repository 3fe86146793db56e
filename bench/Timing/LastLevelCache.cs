using System.Globalization;

namespace AttentionKernels.Timing;

/// <summary>The largest cache of the processor.</summary>
internal static class LastLevelCache
{
    private const long DefaultBytes = 64L << 20;

    /// <summary>Its size, as Linux knows it; a large one is assumed elsewhere.</summary>
    public static long Bytes { get; } = Read("/sys/devices/system/cpu/cpu0/cache") ?? DefaultBytes;

    /// <summary>How many buffers of a size together are more than twice the cache, or another one.</summary>
    public static int CopiesToExceed(double bytes, long? cacheBytes = null) => (int)(2 * (cacheBytes ?? Bytes) / bytes) + 1;

    private static long? Read(string folder)
    {
        if (!Directory.Exists(folder))
            return null;
        long[] sizes =
        [
            .. Directory.EnumerateDirectories(folder, "index*")
                .Select(index => Path.Combine(index, "size")).Where(File.Exists).Select(file => Parse(File.ReadAllText(file).Trim())),
        ];
        return sizes.Length == 0 ? null : sizes.Max();
    }

    // Linux writes "32768K".
    private static long Parse(string size) =>
        long.Parse(size.TrimEnd('K', 'M'), CultureInfo.InvariantCulture) << size[^1] switch { 'K' => 10, 'M' => 20, _ => 0 };
}
