{
    // TileGather.RowsCore<StoredBf16>
    global ushort* source = (global ushort*)var0;
    global long* offsets = var1;
    global float* target = var2;
    const int targetStride = var3;
    const int rows = var4;
    const int count = var5;
    for (int row = 0; row < rows; row++) {
        const global ushort* s = source + offsets[row];
        global float* t = target + (long)row * targetStride;
        int i = 0;
        for (; i + 8 <= count; i += 8) vstore8(as_float8(convert_uint8(vload8(0, s + (i))) << 16), 0, t + i);
        for (; i < count; i++) t[i] = as_float((uint)(s)[i] << 16);
    }
}
