// Made by wire_types.js from docs/openapi.yaml.
export interface components {
    schemas: {
        /** @description A JSON object, as text */
        Custom: string;
        /** @description Of live_room */
        Gen2ListedLiveRoom: {
            roomID: string;
            roomInfo: string;
            roomName: string;
            roomCreator: string;
            mixedPlayURL: string;
            custom: components["schemas"]["Custom"];
            customInfo: components["schemas"]["Custom"];
            audienceCount: number;
            pushers: components["schemas"]["Pusher"][];
            /** @description Free ones; for a client that names itself (B.4.8) */
            seats?: number;
        };
        /** @description Of double_room and multi_room */
        Gen2ListedRoom: {
            roomID: string;
            roomInfo: string;
            roomName: string;
            roomCreator: string;
            mixedPlayURL: string;
            custom: components["schemas"]["Custom"];
            customInfo: components["schemas"]["Custom"];
            pushers: components["schemas"]["Pusher"][];
            /** @description Free ones; for a client that names itself (B.4.8) */
            seats?: number;
        };
        Pusher: {
            userID: string;
            userName: string;
            userAvatar: string;
            /** @description The play URL of the stream; "" without a stream */
            accelerateURL: string;
        };
        Viewers: {
            /** @constant */
            code: 0;
            /** @constant */
            message: "请求成功";
            audienceCount: number;
            /** @description In join order, the newest that fit 256 KiB */
            audiences: {
                userID: string;
                userInfo: string;
            }[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Custom = components['schemas']['Custom'];
export type Gen2ListedLiveRoom = components['schemas']['Gen2ListedLiveRoom'];
export type Gen2ListedRoom = components['schemas']['Gen2ListedRoom'];
export type Pusher = components['schemas']['Pusher'];
export type Viewers = components['schemas']['Viewers'];
