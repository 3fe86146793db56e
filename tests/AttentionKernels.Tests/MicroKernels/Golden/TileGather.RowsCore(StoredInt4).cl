{
    // TileGather.RowsCore<StoredInt4>
    global uchar* source = (global uchar*)var0;
    global long* offsets = var1;
    global float* target = var2;
    const int targetStride = var3;
    const int rows = var4;
    const int count = var5;
    for (int row = 0; row < rows; row++) {
        const global uchar* s = source + offsets[row];
        global float* t = target + (long)row * targetStride;
        int i = 0;
        for (; i + 8 <= count; i += 8) vstore8(convert_float8(convert_int8(((uchar8)(vload4(0, s + (i) / 2) & (uchar4)15, vload4(0, s + (i) / 2) >> (uchar4)4)).s04152637) - 8), 0, t + i);
        for (; i < count; i++) t[i] = (float)((((int)(s)[(i) / 2] >> (4 * ((i) % 2))) & 15) - 8);
    }
}
